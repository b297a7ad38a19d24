/*
 * Well-known pools that cut blocks from larger pieces, told by their functions in call stacks, and
 * what makes them call malloc instead.
 * Must not: decide a verdict: names are a hint to the reader, not a rule.
 */
#ifndef SILT_MODEL_KNOWN_POOLS_H
#define SILT_MODEL_KNOWN_POOLS_H

#include "model/profile.h"

/* What to set so that the pieces of such a block are recorded each by itself; NULL: it comes
 * from none of these pools. */
const char *known_pools_of_site(const struct profile_site *site);
/* The same for memory that was mapped outside malloc, by what the rest of the profile shows of
 * the program. */
const char *known_pools_of_mapping(const struct profile *profile);

#endif
