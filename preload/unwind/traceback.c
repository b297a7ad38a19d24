/* Makes tracebacks: see traceback.h. */
#include "unwind/traceback.h"

#include <string.h>

#include "base/rt.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"

#define HASH_BASE 0x9e3779b97f4a7c15ul
uint64_t traceback_powers[UNWIND_MAX_FRAMES];
static _Atomic bool powers_made;

void traceback_make_powers(void)
{
	if (atomic_load(&powers_made))
		return;
	for (uint32_t i = 0; i < UNWIND_MAX_FRAMES; i++)
		traceback_powers[i] = i ? traceback_powers[i - 1] * HASH_BASE : HASH_BASE;
	atomic_store(&powers_made, true);
}

uint64_t traceback_hash_apart(const struct unwind_frame *innermost, int step, uint32_t count,
			      uint64_t seed)
{
	uint64_t hash = ~seed;

	for (uint32_t place = 0; place < count; place++, innermost += step)
		hash += traceback_hash_frame(innermost->number, place);
	return hash;
}

struct unwind_trace *traceback_apart(struct unwind_walk *walk, uint32_t fresh, uint32_t flags)
{
	struct unwind_trace *trace = &walk->trace;

	*trace = (struct unwind_trace){.walk = walk, .depth = fresh, .flags = flags};
	walk->kept = 0;
	walk->walked += fresh;
	if (fresh > unwind_depth) {
		fresh = unwind_depth;
		trace->flags |= SILT_SITE_CUT;
	}
	trace->count = fresh;
	trace->hash = unwind_hash(traceback_hash_apart(walk->fresh, 1, fresh, flags + 1));
	return trace;
}

uint64_t traceback_drop_outermost(struct unwind_walk *walk, uint32_t *base, uint32_t fresh)
{
	uint32_t rest = UNWIND_MAX_FRAMES / 2 - fresh;
	uint64_t hash = 0;

	walk->window_is_own = traceback_is_on_own_stack(walk);
	if (walk->outside != UNWIND_OUTSIDE_UNKNOWN)
		walk->outside += *base - rest;
	memmove(walk->frames, &walk->frames[*base - rest], rest * sizeof walk->frames[0]);
	*base = rest;
	for (uint32_t i = 0; i < rest; i++)
		hash += traceback_hash_frame(walk->frames[i].number, i);
	return hash;
}
