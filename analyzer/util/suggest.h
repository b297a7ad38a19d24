/*
 * Finds the word that a mistyped word may stand for.
 */
#ifndef SILT_UTIL_SUGGEST_H
#define SILT_UTIL_SUGGEST_H

#include <stddef.h>

/* Returns the optimal string alignment distance: letters to insert, delete, change, or swap with
 * a neighbour to make `a` from `b`. For words of more than 31 bytes, returns the length of the
 * longer. */
size_t suggest_distance(const char *a, const char *b);

/* Returns true if `word` is near enough to `name` to suggest it, or is a beginning of it with at
 * least two letters. */
int suggest_near(const char *word, const char *name);

#endif
