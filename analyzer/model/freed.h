/*
 * Finds where blocks of a growing call site are freed when they are: the call stacks that free
 * blocks of the site, or of its siblings, which are blamed on the same line but have other callers.
 * Must not: print, judge.
 *
 * Only a sample of a site's frees is recorded (silt_snapshot.h, SILT_SECTION_FREED). The freed
 * blocks of the site are distributed over the call stacks in the sample: their sum is exact; the
 * parts are estimates if there are several.
 */
#ifndef SILT_MODEL_FREED_H
#define SILT_MODEL_FREED_H

#include "model/profile.h"

struct freed_stack {
	/* its blamed frame is the caller of free, or of a wrapper around free */
	const struct profile_site *stack;
	uint64_t blocks, samples;
	/* freed by realloc: the contents live on in another block */
	bool moved;
};

struct freed {
	/* most blocks first */
	struct freed_stack *list;
	size_t count;
	/* blocks freed, of all call stacks of the line */
	uint64_t blocks;
	/* of these, blocks of the first call stack that was asked for */
	uint64_t own_blocks;
	/* about mappings of the program, not about blocks */
	bool of_mappings;
};

/* Finds them for the call stacks `sites` of the profile. Returns NULL if the snapshot has no
 * such records. Free with freed_free(). */
struct freed *freed_of(const struct profile *profile, const struct profile_site *const *sites,
		       size_t count);
/* Finds them for mappings: `sites` are elements of profile->mapped. */
struct freed *freed_of_mapped(const struct profile *profile,
			      const struct profile_site *const *sites, size_t count);
void freed_free(struct freed *freed);

/* Returns "blocks of this line are freed by close_session < on_end (1,204); the 310 that stay
 * come from on_upgrade", without a full stop; the caller frees it. `staying`: number of blocks
 * that stay, most of them of `site`. */
char *freed_sentence(const struct freed *freed, const struct profile_site *site, uint64_t staying);

#endif
