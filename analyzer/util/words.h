/*
 * Nouns that agree with counts, and quoting for a shell.
 */
#ifndef SILT_UTIL_WORDS_H
#define SILT_UTIL_WORDS_H

#include <stdint.h>

/* Returns `one` if the count is 1, else `many`. */
const char *words_plural(uint64_t count, const char *one, const char *many);
/* Returns "" if the count is 1, else "s". */
const char *words_s(uint64_t count);
/* Returns the text as one word of a shell's command line, quoted if need be; the caller frees
 * it. */
char *words_shell(const char *text);

#endif
