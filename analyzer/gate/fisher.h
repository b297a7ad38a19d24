/*
 * Fisher's exact test, one-sided: could a part of a whole have so many hits by chance?
 * Must not: know what is counted.
 */
#ifndef SILT_GATE_FISHER_H
#define SILT_GATE_FISHER_H

#include <stddef.h>

/* Of `all`, `hits` are hits; a part of `part` has `part_hits` of them. */
struct fisher_table {
	size_t all, hits, part, part_hits;
};

/* The probability of at least so many hits in the part, if hits fell on all alike. */
double fisher_probability(const struct fisher_table *table);
/* The least that any number of hits in the part could give. */
double fisher_least(const struct fisher_table *table);

/* R. Tarone, "A Modified Bonferroni Method for Discrete Data", Biometrics 46 (1990): what cannot
 * become significant, however the hits fall, is not counted as a comparison. Sorts `least`. The
 * number by which the level is divided, at least 1. */
size_t fisher_comparisons(double *least, size_t count, double level);

#endif
