/*
 * Fisher's exact test, one-sided: the probability that a part of a whole has so many hits by
 * chance.
 * Must not: know what is counted.
 */
#ifndef SILT_GATE_FISHER_H
#define SILT_GATE_FISHER_H

#include <stddef.h>

/* A whole of `all` has `hits` hits; a part of it, of size `part`, has `part_hits` of them. */
struct fisher_table {
	size_t all, hits, part, part_hits;
};

/* Returns the probability of at least part_hits hits in the part, if hits are spread by chance. */
double fisher_probability(const struct fisher_table *table);
/* Returns the smallest probability that any number of hits in the part could give. */
double fisher_least(const struct fisher_table *table);

/* Returns the number by which the significance level is divided, at least 1. Comparisons that
 * cannot become significant, however the hits fall, are not counted (R. Tarone, "A Modified
 * Bonferroni Method for Discrete Data", Biometrics 46, 1990). `least`: fisher_least() of each
 * comparison, which is sorted here. */
size_t fisher_comparisons(double *least, size_t count, double level);

#endif
