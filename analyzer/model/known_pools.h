/*
 * Recognizes well-known pools that cut blocks from larger pieces, by their functions in call
 * stacks, and says how to make them call malloc instead.
 * Must not: decide a verdict: names are a hint to the reader, not a rule.
 */
#ifndef SILT_MODEL_KNOWN_POOLS_H
#define SILT_MODEL_KNOWN_POOLS_H

#include "model/profile.h"

/* Returns which setting makes the pool of such a block record each piece; NULL: the block is of
 * no known pool. */
const char *known_pools_of_site(const struct profile_site *site);
/* Returns the same for memory mapped outside malloc, judged by the functions in the rest of the
 * profile. */
const char *known_pools_of_mapping(const struct profile *profile);

#endif
