/*
 * Makes a traceback of the frames that were walked, and keeps them for the next walk.
 * Path: hot, except what is in unwind/traceback.c. Threads: each with its own struct unwind_walk.
 * Memory: none.
 * Must not: read the stack.
 */
#ifndef SILT_UNWIND_TRACEBACK_H
#define SILT_UNWIND_TRACEBACK_H

#include "base/rt.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"

/*
 * The hash of frames: the sum, modulo 2^64, of their pcs' numbers, each multiplied by a power of an
 * odd constant, by its place. So no frame waits for another, and a changed frame adds a difference.
 * Two frames that change places never cancel out: (a - b)(K^n - 1) has fewer than 64 factors of 2.
 * No frame has the weight 1: numbers of successive calls are neighbours, and the table of sites is
 * searched by the upper half of the hash.
 */
extern RT_HIDDEN uint64_t traceback_powers[UNWIND_MAX_FRAMES];
/* Makes the powers. Before the first walk, by any thread. */
void traceback_make_powers(void);
static inline uint64_t traceback_hash_frame(uint32_t number, uint32_t place)
{
	return (number + 1ul) * traceback_powers[place];
}
/* The hash of a traceback of which only the innermost frames are kept, or on which the next walk
 * cannot build: by their place from the innermost one. `step`: the direction in memory that leads
 * outwards. */
uint64_t traceback_hash_apart(const struct unwind_frame *innermost, int step, uint32_t count,
			      uint64_t seed);

/* True if the last walk was on the thread's own stack, which exists as long as the thread. Any
 * other stack may have been unmapped since, also in part, and another one mapped in its place. The
 * outermost frames of constructors and of main are close to each other. */
static inline bool traceback_is_on_own_stack(const struct unwind_walk *walk)
{
	if (unlikely(walk->outside))
		return walk->window_is_own;
	return walk->frames[0].sp - (walk->outermost - RT_PAGE) < 2 * RT_PAGE;
}

/* Drops the outermost of `*base` frames, so that half of the room is used with the fresh ones.
 * Returns the hash of the remaining frames. */
RT_COLD uint64_t traceback_drop_outermost(struct unwind_walk *walk, uint32_t *base, uint32_t fresh);
/* Adds the fresh frames to the `base` outermost ones, whose hash is `hash`, and makes the
 * traceback. */
static inline struct unwind_trace *traceback_join(struct unwind_walk *walk, uint32_t base,
						  uint64_t hash, uint32_t fresh)
{
	struct unwind_trace *trace = &walk->trace;

	if (unlikely(base + fresh > UNWIND_MAX_FRAMES))
		hash = traceback_drop_outermost(walk, &base, fresh);
	*trace = (struct unwind_trace){.walk = walk, .depth = base + fresh, .in_frames = true};
	for (; fresh > 0; base++) {
		walk->frames[base] = walk->fresh[--fresh];
		hash += traceback_hash_frame(walk->frames[base].number, base);
	}
	walk->kept = base;
	walk->hash = hash;
	trace->count = base;
	if (unlikely(base > unwind_depth || walk->outside)) {
		trace->count = unwind_depth;
		trace->flags = SILT_SITE_CUT;
		hash = traceback_hash_apart(&walk->frames[base - 1], -1, unwind_depth, 0);
		trace->depth = walk->outside == UNWIND_OUTSIDE_UNKNOWN ? 0 : walk->outside + base;
	}
	trace->hash = unwind_hash(hash);
	return trace;
}

/* Makes the traceback of the fresh frames alone; `outside`: the number of frames outside of
 * them. */
static inline struct unwind_trace *traceback_alone(struct unwind_walk *walk, uint32_t fresh,
						   uint32_t outside)
{
	walk->outside = outside;
	if (outside == UNWIND_OUTSIDE_UNKNOWN)
		walk->window_is_own = false; /* the stack is unknown */
	walk->walked += fresh;
	return traceback_join(walk, 0, 0, fresh);
}

/* Makes a traceback on which the next walk cannot build, of the fresh frames. `flags`: enum
 * silt_site_flag. */
RT_COLD struct unwind_trace *traceback_apart(struct unwind_walk *walk, uint32_t fresh,
					     uint32_t flags);

#endif
