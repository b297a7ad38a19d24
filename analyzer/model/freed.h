/*
 * Where blocks like those that stay are freed: the call stacks that free blocks of a call site, or
 * of its siblings, which are blamed on the same line but were called by others. Made by diagnose/,
 * shown by commands/report.c and render/.
 * Must not: print, judge.
 *
 * Only some frees of a site are looked at (silt_snapshot.h, SILT_SECTION_FREED): its freed blocks
 * are shared out among the call stacks seen. So the sum is exact, and the shares are estimates
 * where there are several.
 */
#ifndef SILT_MODEL_FREED_H
#define SILT_MODEL_FREED_H

#include "model/profile.h"

struct freed_stack {
	/* blamed: who called free, or what frees for him */
	const struct profile_site *stack;
	uint64_t blocks, samples;
	/* by realloc: what they held lives on elsewhere */
	bool moved;
};

struct freed {
	/* most blocks first */
	struct freed_stack *list;
	size_t count;
	/* freed, of all the line's call stacks */
	uint64_t blocks;
	/* of these, those of the first call stack asked for */
	uint64_t own_blocks;
	/* not blocks, but what the program maps itself */
	bool of_mappings;
};

/* Of the call stacks at `sites` (of the profile); NULL: the snapshot does not say. */
struct freed *freed_of(const struct profile *profile, const struct profile_site *const *sites,
		       size_t count);
/* The same of mappings: those at `sites` in the profile's list of what is mapped. */
struct freed *freed_of_mapped(const struct profile *profile,
			      const struct profile_site *const *sites, size_t count);
void freed_free(struct freed *freed);

/* "blocks of this line are freed by close_session < on_end (1,204); the 310 that stay come from
 * on_upgrade"; without a full stop. `staying`: how many do, of `site` first of all. */
char *freed_sentence(const struct freed *freed, const struct profile_site *site, uint64_t staying);

#endif
