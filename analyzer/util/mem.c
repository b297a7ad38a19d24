/*
 * Allocates memory or ends the program: see mem.h.
 */
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *present(void *memory)
{
	if (!memory) {
		fputs("silt: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return present(malloc(size ? size : 1));
}

void *mem_zeroed(size_t count, size_t size)
{
	return present(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *memory, size_t count, size_t size)
{
	return present(reallocarray(memory, count ? count : 1, size ? size : 1));
}

char *mem_string(const char *text)
{
	return present(strdup(text));
}

char *mem_substring(const char *text, size_t length)
{
	return present(strndup(text, length));
}

char *mem_vformat(const char *format, va_list arguments)
{
	char *text;

	return present(vasprintf(&text, format, arguments) < 0 ? NULL : text);
}

char *mem_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = mem_vformat(format, arguments);
	va_end(arguments);
	return text;
}
