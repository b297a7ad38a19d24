/*
 * Demangles names: see demangle.h.
 * Must not: let a hostile name exhaust memory or time.
 */
#include "symbolize/demangle.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

#define MAX_MANGLED 4000 /* demanglers are recursive */
#define MAX_TEXT ((size_t)16384)

struct output {
	jmp_buf full;
	size_t length;
	char text[MAX_TEXT + 1];
};

/* Leaves the demangler by longjmp() when the text gets too long: substitutions that double make
 * gigabytes of 300 characters, and a demangler cannot be told to stop. The callback interface of
 * libiberty holds no memory that this would leak. */
static void append(const char *text, size_t length, void *opaque)
{
	struct output *output = opaque;

	if (!length) /* `text` may be NULL then */
		return;
	if (length > MAX_TEXT - output->length)
		longjmp(output->full, 1);
	memcpy(output->text + output->length, text, length);
	output->length += length;
}

char *demangle(const char *name)
{
	const int options = DMGL_PARAMS | DMGL_ANSI;
	struct output output;

	/* libiberty would take C names such as "f" or "i" for types */
	if ((strncmp(name, "_Z", 2) != 0 && strncmp(name, "_R", 2) != 0) ||
	    strlen(name) > MAX_MANGLED)
		return NULL;
	if (setjmp(output.full) != 0)
		return NULL;
	output.length = 0;
	if (!rust_demangle_callback(name, options, append, &output)) {
		output.length = 0;
		if (!cplus_demangle_v3_callback(name, options, append, &output))
			return NULL;
	}
	return strndup(output.text, output.length);
}
