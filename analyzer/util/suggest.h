/*
 * The word somebody meant.
 */
#ifndef SILT_UTIL_SUGGEST_H
#define SILT_UTIL_SUGGEST_H

#include <stddef.h>

/* Letters to insert, delete, change, or swap with their neighbour to make `a` from `b` (optimal
 * string alignment distance). Words of more than 31 bytes are as far from each other as the longer
 * is long. */
size_t suggest_distance(const char *a, const char *b);

/* Is `word`, mistyped, near enough to `name` to ask whether that was meant? A beginning of two
 * letters or more also is. */
int suggest_near(const char *word, const char *name);

#endif
