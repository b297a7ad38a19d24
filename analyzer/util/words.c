/*
 * Nouns that agree with counts, and quoting for a shell: see words.h.
 */
#include "util/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

const char *words_plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

const char *words_s(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_-./:,+=@%", *text))
			return false;
	return true;
}

/* A single quote ends the quoted text, is escaped, and begins the quoted text again. */
char *words_shell(const char *text)
{
	char *quoted, *at;

	if (is_plain(text))
		return mem_string(text);
	at = quoted = mem_alloc(strlen(text) * 4 + 3);
	*at++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *text;
	}
	strcpy(at, "'");
	return quoted;
}
