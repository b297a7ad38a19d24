/*
 * The figures of a profile by call stack, as heap profilers have them.
 * Must not: print, know formats.
 */
#ifndef SILT_MODEL_STACKS_H
#define SILT_MODEL_STACKS_H

#include "model/filter.h"
#include "model/profile.h"

struct frame;

/* The first four are in the order of pprof's heap profiles. */
enum stacks_figure {
	STACKS_ALLOCATED_BLOCKS, /* since recording began */
	STACKS_ALLOCATED_BYTES,
	STACKS_LIVE_BLOCKS,
	STACKS_LIVE_BYTES,
	STACKS_TEMPORARY_BLOCKS, /* freed before the next allocation of their thread */
	STACKS_FIGURES
};

#define STACKS_NONE UINT32_MAX

struct stack {
	/* From the blamed frame outwards, because inner frames are allocators. Frames are
	 * distinguished by address; `inlined` frames belong to the program counter of the next
	 * frame that is not. */
	const struct frame **frames;
	/* at least 1 */
	uint32_t frame_count;
	/* `old` stays 0 for one snapshot */
	uint64_t old[STACKS_FIGURES], new[STACKS_FIGURES];
};

struct stacks {
	/* old: NULL for one snapshot */
	const struct profile *old, *new;
	/* in the order of `new`, then the stacks that only `old` has */
	struct stack *list;
	size_t count;
	/* by site of `new`: index in the list, or STACKS_NONE if a filter dropped it */
	uint32_t *stack_of;
	uint64_t old_total[STACKS_FIGURES], new_total[STACKS_FIGURES];
};

/* The profiles must be of one context, and outlive the stacks. Free with stacks_free(). */
struct stacks *stacks_new(const struct profile *old, const struct profile *new,
			  const struct filter_list *filters);
void stacks_free(struct stacks *stacks);

#endif
