/*
 * Counts that agree with their nouns, and names that a shell takes as they are.
 */
#ifndef SILT_UTIL_WORDS_H
#define SILT_UTIL_WORDS_H

#include <stdint.h>

/* "block" or "blocks". */
const char *words_plural(uint64_t count, const char *one, const char *many);
/* "s" where there is not one. */
const char *words_s(uint64_t count);
/* Text as one word of a shell's command line, to be freed. */
char *words_shell(const char *text);

#endif
