/*
 * Compares the growth of call sites per unit of work in two runs of different builds.
 * Must not: print.
 */
#ifndef SILT_MODEL_RUN_GROWTH_H
#define SILT_MODEL_RUN_GROWTH_H

#include "model/fingerprint.h"
#include "model/series.h"

struct profile;
struct profile_site;

/* parts of a run after its warm-up; the growth in each is one observation */
#define GROWTH_STRETCHES 8

struct growth_place {
	char fingerprint[FINGERPRINT_TEXT];
	const struct profile_site *site;
	/* bytes per unit of work, in each stretch */
	double growth[GROWTH_STRETCHES];
	bool matched;
};

struct growth_side {
	struct series *series;
	/* index of the snapshot that is compared */
	size_t last;
	struct profile_context *context;
	struct profile *profile;
	/* the work done at the limits of the stretches; after the warm-up in all */
	double work[GROWTH_STRETCHES + 1], all_work;
	/* indices of the snapshots at the limits */
	size_t at[GROWTH_STRETCHES + 1];
	struct growth_place *places;
	size_t count, capacity;
};

struct growth_comparison {
	/* NULL: the site is missing in that run */
	const struct growth_place *base, *new;
	double base_rate, new_rate, low, high;
};

/* Returns true if the run counted units of work (silt_iteration()) after its warm-up. */
bool growth_side_counts_work(const struct growth_side *side);
/* Divides the run into stretches, by units of work or by seconds. Returns false if there are too
 * few snapshots after the warm-up, or no work between some of them. */
bool growth_side_cut(struct growth_side *side, bool by_iterations);
void growth_side_add_sites(struct growth_side *side);
/* Returns the sites of both runs, those whose growth rose most first; the caller frees the
 * array. */
struct growth_comparison *growth_compare(struct growth_side *base, struct growth_side *new,
					 size_t *count);
/* Returns "faster" or "slower"; NULL if the difference is within the noise or too small. `work`:
 * the work of the new run. */
const char *growth_claim(const struct growth_comparison *comparison, double work);
/* Frees what the side owns: series, context, profile, places. */
void growth_side_free(struct growth_side *side);

#endif
