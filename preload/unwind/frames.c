/*
 * Walks that neither make a traceback nor build on the last walk: the depth of a stack, and the
 * frames of a thread that does not run. See capture.h.
 * Path: cold. Threads: each with its own struct unwind_walk. Memory: none.
 */
#include "base/arch.h"
#include "unwind/capture.h"
#include "unwind/rules.h"
#include "unwind/step.h"

/* The most frames counted; fewer on a stack that no walk can build on, where each new call site
 * costs a count. */
#define MAX_COUNT_APART (1u << 16)
#define MAX_COUNT (1u << 20)

uint32_t unwind_count(struct unwind_walk *walk, const struct unwind_start *start)
{
	struct unwind_state state = {.key = start->pc,
				     .sp = start->sp,
				     .fp = start->fp,
				     .top = unwind_stack_top(walk, start->sp),
				     .plain = true};
	uint32_t count = 1, max = walk->trace.in_frames ? MAX_COUNT : MAX_COUNT_APART;

	while (count < max) {
		struct rule spare;
		const struct rule *rule = rules_find(state.key, &spare);

		if (unwind_step(walk, &state, &rule->step) != UNWIND_STEPPED)
			break;
		count++;
	}
	if (walk->trace.in_frames && walk->outside == UNWIND_OUTSIDE_UNKNOWN && count > walk->kept)
		walk->outside = count - walk->kept; /* from here on kept up to date */
	return count;
}

uint32_t unwind_frames(struct unwind_walk *walk, const struct unwind_start *start,
		       struct arch_link link, struct unwind_frame_bounds *frames, uint32_t max)
{
	struct unwind_state state = {.key = start->pc | RULES_EXACT,
				     .sp = start->sp,
				     .fp = start->fp,
				     .top = unwind_stack_top(walk, start->sp),
				     .link = link,
				     .plain = true};
	uint32_t count = 0;

	while (count < max) {
		struct rule spare;
		const struct rule *rule = rules_find(state.key, &spare);
		uintptr_t sp = state.sp;
		enum unwind_step stepped = unwind_step(walk, &state, &rule->step);

		/* The outermost frame ends where the stack does. A frame that cannot be stepped
		 * over has no known end. */
		if (rule->pc == RULES_NO_PC || stepped == UNWIND_FAILED || stepped == UNWIND_HARD ||
		    state.sp < sp)
			break;
		frames[count++] = (struct unwind_frame_bounds){
			sp, stepped == UNWIND_STEPPED ? state.sp : state.top, rule->pc};
		if (stepped != UNWIND_STEPPED)
			break;
	}
	return count;
}
