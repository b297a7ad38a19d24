/*
 * The growth of call sites in two runs, of different builds, per unit of work, compared.
 * Must not: print.
 */
#ifndef SILT_MODEL_RUN_GROWTH_H
#define SILT_MODEL_RUN_GROWTH_H

#include "model/fingerprint.h"
#include "model/series.h"

struct profile;
struct profile_site;

#define GROWTH_STRETCHES 8 /* of a run after its warm-up; the growth in each is one observation */

struct growth_place {
	char fingerprint[FINGERPRINT_TEXT];
	const struct profile_site *site;
	/* bytes per unit of work */
	double growth[GROWTH_STRETCHES];
	bool matched;
};

struct growth_side {
	struct series *series;
	/* snapshot that is compared */
	size_t last;
	struct profile_context *context;
	struct profile *profile;
	/* where the stretches begin and end; after the warm-up */
	double work[GROWTH_STRETCHES + 1], all_work;
	/* the snapshots there */
	size_t at[GROWTH_STRETCHES + 1];
	struct growth_place *places;
	size_t count, capacity;
};

struct growth_comparison {
	/* NULL: not there */
	const struct growth_place *base, *new;
	double base_rate, new_rate, low, high;
};

/* Whether the run counted units of work (silt_iteration()) after its warm-up. */
bool growth_side_counts_work(const struct growth_side *side);
/* Cuts the run into stretches, by units of work or by seconds. False: too few snapshots after
 * the warm-up, or no work between some of them. */
bool growth_side_cut(struct growth_side *side, bool by_iterations);
void growth_side_add_sites(struct growth_side *side);
/* All sites of both, to be freed; what grows faster first. */
struct growth_comparison *growth_compare(struct growth_side *base, struct growth_side *new,
					 size_t *count);
/* "faster", "slower", or NULL: the noise allows no claim, or it is too little to be one.
 * `work`: of the new run. */
const char *growth_claim(const struct growth_comparison *comparison, double work);
/* Frees what it holds: series, context, profile, places. */
void growth_side_free(struct growth_side *side);

#endif
