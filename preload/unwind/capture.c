/*
 * Captures the traceback of an allocation: see capture.h. Walks by rules; where they do not
 * suffice, libunwind walks (unwind/general.c).
 * Path: hot. Threads: each with its own struct unwind_walk. Memory: the stack.
 */
#include "unwind/capture.h"

#include <string.h>

#include "base/libc.h"
#include "base/rt.h"
#include "silt_snapshot.h"
#include "unwind/general.h"
#include "unwind/step.h"
#include "unwind/traceback.h"

uint32_t unwind_depth = 64;
_Static_assert(UNWIND_MAX_FRESH > SILT_MAX_DEPTH, "a window holds a whole traceback");
struct unwind_statistics unwind_statistics;

void unwind_walk_init(struct unwind_walk *walk)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), thread = arch_thread_pointer();
	uintptr_t end = libc_stack_end();

	traceback_make_powers();
	unwind_forget(walk);
	walk->outermost = 0;
	walk->other_low = 0;
	walk->other_high = 0;
	walk->first_frame = libc_first_frame();
	/* A thread's record is at the top of its stack, except the first thread's. */
	if (thread > here && thread - here < (1ul << 30) && (!end || here > end || thread < end))
		walk->stack_top = thread;
	else if (end)
		walk->stack_top = (end | (RT_PAGE - 1)) + 1;
}

/* -- frames -- */

static inline void note_frame(struct unwind_frame *frame, const struct unwind_state *state,
			      const struct rule *rule)
{
	frame->pc = state->key;
	frame->fp = state->fp;
	frame->fp_slot = state->fp_slot;
	frame->place = state->place;
	frame->number = rule->pc;
	frame->traits = rule->traits;
}

bool unwind_cfa_is_unchanged(const struct unwind_frame *frame)
{
	struct rule spare;

	return *(const uintptr_t *)(frame->fp + (uintptr_t)(intptr_t)rules_find(frame->pc, &spare)
							->step.cfa_offset) == frame[-1].sp;
}

bool unwind_same_fp(const struct unwind_walk *walk, const struct unwind_frame *frame, uintptr_t fp)
{
	if (frame->fp == fp)
		return true;
	for (; (frame->traits & (RULE_BY_FP | RULE_KEEPS_FP)) == RULE_KEEPS_FP; frame--)
		if (frame == walk->frames)
			return true;
	return !(frame->traits & RULE_BY_FP);
}

/* -- the walk -- */

/* The most bytes from a thread's outermost frame to the top of its stack: its record and its
 * variables are in between. */
#define OUTERMOST_WITHIN (1ul << 20)

static RT_COLD struct unwind_trace *general_traceback(struct unwind_walk *walk,
						      const struct unwind_start *start)
{
	uint32_t pcs[SILT_MAX_DEPTH + 1], count;
	bool failed;

	count = unwind_general_walk(start, pcs, unwind_depth + 1, &failed);
	atomic_fetch_add_explicit(&unwind_statistics.general, 1, memory_order_relaxed);
	for (uint32_t i = 0; i < count; i++)
		walk->fresh[i].number = pcs[i];
	return traceback_apart(walk, count, failed ? SILT_SITE_FAILED : 0);
}

/* True if the walk is at a frame of the last walk, which it reaches in the same place. Where return
 * addresses may be stored anywhere, its own place is known only now. */
static inline bool reaches_in_place(struct unwind_frame *frame, const struct unwind_state *state)
{
	if (ARCH_RETURN_IN_REGISTER && frame->pc != state->key)
		return false;
	frame->place = state->place;
	return true;
}

/*
 * Walks frames again in their places, from the one inside of *at outwards, as long as each is where
 * a frame of the last walk was, and until one is unchanged, or the one numbered `stop`. True: all
 * frames outside of the new *at are unchanged. False: the walk continues with the frame in `state`.
 * *hash: that of all frames in place, kept up to date.
 */
static RT_HOT bool walk_in_place(struct unwind_walk *walk, struct unwind_state *state, uint32_t *at,
				 uint32_t unchanged, uint32_t stop, uint64_t *hash)
{
	const struct rule_table *table = atomic_load_explicit(&rules_table, memory_order_acquire);
	const struct unwind_frame *end = &walk->frames[unchanged], *last = &walk->frames[stop];
	struct unwind_frame *frame = &walk->frames[*at - 1];
	const uint64_t *power = &traceback_powers[*at - 1];
	struct unwind_state now = *state;
	uint64_t sum = *hash;
	bool joined;

	for (;; frame--, power--) {
		const struct rule *rule;
		struct arch_place place;
		uintptr_t cfa, next, key;

		joined = frame < end && unwind_same_fp(walk, frame, now.fp) &&
			 reaches_in_place(frame, &now);
		if (joined || frame == last)
			break;
		rule = rules_known(table, now.key);
		if (unlikely(!(rule->traits & RULE_SIMPLE)))
			break;
		cfa = (rule->traits & RULE_BY_FP ? now.fp : now.sp) +
		      (uintptr_t)(intptr_t)rule->step.cfa_offset;
		next = frame[-1].sp;
		/* Makes the compiler forget that this is the value compared below, so that the
		 * processor need not wait for cfa. */
		__asm__("" : "+r"(next));
		place = arch_place(next, rule->step.ra_slot);
		if (!arch_is_above(place, now.sp))
			break;
		key = arch_pc_at(place, next);
		if (unlikely(cfa != frame[-1].sp) || unlikely(!key))
			break;
		sum += ((uint64_t)rule->pc - frame->number) * *power;
		note_frame(frame, &now, rule);
		if (!(rule->traits & RULE_KEEPS_FP)) {
			now.fp_slot =
				(const uintptr_t *)(next +
						    (uintptr_t)(intptr_t)rule->step.fp_offset);
			now.fp = *now.fp_slot;
		}
		now.key = key;
		now.sp = next;
		now.place = place;
	}
	*state = now;
	*hash = sum;
	*at = (uint32_t)(frame - walk->frames) + 1;
	return joined;
}

/* Frames [from, base) are unchanged. True if those outside of them are, too, as far as they belong
 * to a traceback of `depth` frames. */
static bool outer_are_unchanged(const struct unwind_walk *walk, uint32_t base, uint32_t from,
				uint32_t depth)
{
	uint32_t lowest = depth > unwind_depth ? depth - unwind_depth : 0;

	/* outwards, for the reason given at compare_outwards() */
	for (uint32_t i = from < base ? from : base; i > lowest; i--)
		if (!unwind_is_unchanged(&walk->frames[i - 1]))
			return false;
	return true;
}

/* A walk in progress: at the frame in `state`, with `fresh` frames inside of it walked. It may
 * build on the `at` outermost frames of the last walk, whose hash is `hash`; of these, frames
 * [from, unchanged) are unchanged, and those before `from` were not compared. */
struct walk_state {
	struct unwind_state state;
	uint64_t hash;
	uint32_t at, from, unchanged, fresh;
	/* not 0: this frame has changed, those inside of it have not */
	uint32_t stop;
	/* of the whole stack, if known beforehand */
	uint32_t depth;
	/* `from`, `unchanged` and `stop` are set */
	bool is_compared;
};

static struct walk_state start_of(const struct unwind_walk *walk, const struct unwind_start *start,
				  uintptr_t top)
{
	return (struct walk_state){.state = {.key = start->pc,
					     .sp = start->sp,
					     .fp = start->fp,
					     .top = top,
					     .place = arch_place_of(&walk->start_pc),
					     .plain = true}};
}

/* Compares frames on a stack that may have been unmapped, from the innermost outwards: if a frame
 * is unchanged, and its frame pointer, then the next one is still in its place and can be read.
 * Frames up to the first changed one are walked again. */
static RT_COLD void compare_outwards(const struct unwind_walk *walk, struct walk_state *current,
				     uintptr_t low)
{
	uint32_t at = current->at;

	current->from = at > unwind_depth ? at - unwind_depth : 0;
	current->unchanged = at;
	if (!unwind_same_fp(walk, &walk->frames[at - 1], current->state.fp))
		goto innermost;
	for (; at > current->from; at--) {
		const struct unwind_frame *frame = &walk->frames[at - 1];

		if ((frame->fp_slot && (uintptr_t)frame->fp_slot < low) ||
		    !arch_is_above(frame->place, low) || !unwind_is_unchanged(frame))
			break;
	}
	if (at == current->from)
		return;
	if (at < current->at) {
		current->unchanged = 0;
		current->stop = at - 1;
		return;
	}
innermost:
	current->at--;
	current->hash -= traceback_hash_frame(walk->frames[current->at].number, current->at);
	current->is_compared = false;
}

/* Finds out which frames are unchanged, once the walk has reached the place of one of them. `low`:
 * the stack pointer at which it began. */
static void find_unchanged(const struct unwind_walk *walk, struct walk_state *current,
			   uintptr_t low)
{
	current->is_compared = true;
	if (!traceback_is_on_own_stack(walk)) {
		compare_outwards(walk, current, low);
		return;
	}
	current->from = current->at > unwind_depth ? current->at - unwind_depth : 0;
	for (current->unchanged = current->from; current->unchanged < current->at;
	     current->unchanged++)
		if (!unwind_is_unchanged(&walk->frames[current->unchanged]))
			break;
}

/* Moves the frames [current->at, end), which were walked in place, to the fresh ones. */
static void move_out(struct unwind_walk *walk, struct walk_state *current, uint32_t end)
{
	while (end > current->at) {
		end--;
		current->hash -= traceback_hash_frame(walk->frames[end].number, end);
		if (current->fresh < UNWIND_MAX_FRESH)
			walk->fresh[current->fresh++] = walk->frames[end];
	}
}

/* All frames outside are unchanged, and those from current->at inwards were walked. */
static struct unwind_trace *join_base(struct unwind_walk *walk, const struct walk_state *current,
				      uint32_t base)
{
	walk->walked += current->fresh + (base - current->at);
	return traceback_join(walk, base, current->hash, current->fresh);
}

static __attribute__((noinline)) bool find_in_place(struct unwind_walk *walk,
						    struct walk_state *current)
{
	return walk_in_place(walk, &current->state, &current->at, current->unchanged, current->stop,
			     &current->hash);
}

/* Called when the walk reaches the place of a frame that may be unchanged. True: `trace` is the
 * result, or NULL if the walk begins again from the start. False: it continues with the frame in
 * `current`. */
static RT_HOT bool meet_unchanged(struct unwind_walk *walk, const struct unwind_start *start,
				  struct walk_state *current, struct unwind_trace **trace)
{
	uint32_t base = current->at, depth, outside;

	if (!current->is_compared)
		find_unchanged(walk, current, start->sp);
	if (current->at < base)
		return false;
	if (!find_in_place(walk, current)) {
		move_out(walk, current, base);
		current->is_compared = current->stop == 0;
		current->stop = 0;
		return false;
	}
	depth = base + current->fresh;
	outside = walk->outside;
	/* The window has too few frames left. */
	if (unlikely(outside && depth < unwind_depth)) {
		*current = start_of(walk, start, current->state.top);
		current->depth = outside == UNWIND_OUTSIDE_UNKNOWN ? 0 : outside + depth;
		return true;
	}
	if (likely(outer_are_unchanged(walk, current->at, current->from, depth)))
		*trace = join_base(walk, current, base);
	else
		*current = start_of(walk, start, current->state.top);
	return true;
}

static __attribute__((noinline)) struct unwind_trace *
walk_on(struct unwind_walk *walk, const struct unwind_start *start, struct walk_state *current)
{
	struct unwind_trace *trace = NULL;
	struct rule spare;

	for (;;) {
		const struct rule *rule;

		for (; current->at > 0 && walk->frames[current->at - 1].sp < current->state.sp;
		     current->at--)
			current->hash -= traceback_hash_frame(walk->frames[current->at - 1].number,
							      current->at - 1);
		if (current->at > 0 && walk->frames[current->at - 1].sp == current->state.sp &&
		    current->state.plain && !current->state.flags &&
		    meet_unchanged(walk, start, current, &trace)) {
			if (likely(trace))
				return trace;
			continue;
		}
		if (unlikely(current->fresh == UNWIND_MAX_FRESH))
			return current->state.plain && !current->state.flags
				       ? traceback_alone(walk, current->fresh,
							 current->depth > current->fresh
								 ? current->depth - current->fresh
								 : UNWIND_OUTSIDE_UNKNOWN)
				       : traceback_apart(walk, current->fresh,
							 current->state.flags);
		rule = rules_find(current->state.key, &spare);
		if (unlikely(rule->pc == RULES_NO_PC))
			return traceback_apart(walk, current->fresh,
					       current->state.flags | SILT_SITE_FAILED);
		walk->fresh[current->fresh].sp = current->state.sp;
		note_frame(&walk->fresh[current->fresh++], &current->state, rule);
		switch (unwind_step(walk, &current->state, &rule->step)) {
		case UNWIND_STEPPED:
			break;
		case UNWIND_OUTERMOST:
			if (current->state.plain && !current->state.flags)
				return traceback_alone(walk, current->fresh, 0);
			return traceback_apart(walk, current->fresh, current->state.flags);
		case UNWIND_FAILED:
			return traceback_apart(walk, current->fresh,
					       current->state.flags | SILT_SITE_FAILED);
		case UNWIND_HARD:
			return general_traceback(walk, start);
		}
	}
}

/* Notes what unwind_capture() compares the next time. */
static inline struct unwind_trace *
remember(struct unwind_walk *walk, const struct unwind_start *start, struct unwind_trace *trace)
{
	if (!walk->outermost && trace->in_frames && !walk->outside &&
	    walk->stack_top - walk->frames[0].sp < OUTERMOST_WITHIN)
		walk->outermost = walk->frames[0].sp;
	walk->sp = trace->in_frames && !(trace->flags & SILT_SITE_CUT) &&
				   traceback_is_on_own_stack(walk)
			   ? start->sp
			   : 0;
	return trace;
}

struct unwind_trace *unwind_walk_changed(struct unwind_walk *walk, const struct unwind_start *start,
					 uint32_t unchanged)
{
	struct walk_state current = start_of(walk, start, 0);

	current.at = walk->kept;
	current.unchanged = unchanged;
	current.is_compared = true;
	current.hash = walk->hash;
	if (likely(walk_in_place(walk, &current.state, &current.at, unchanged, 0, &current.hash))) {
		walk->hash = current.hash;
		walk->trace.hash = unwind_hash(current.hash);
		walk->trace.site = 0;
		return &walk->trace;
	}
	current.state.top = unwind_stack_top(walk, start->sp);
	move_out(walk, &current, walk->kept);
	return remember(walk, start, walk_on(walk, start, &current));
}

struct unwind_trace *unwind_walk(struct unwind_walk *walk, const struct unwind_start *start)
{
	uint32_t epoch = atomic_load_explicit(&rules_epoch, memory_order_relaxed),
		 kept = walk->kept;
	struct walk_state current = start_of(walk, start, unwind_stack_top(walk, start->sp));
	const struct unwind_frame *frames = walk->frames;

	if (unlikely(walk->epoch != epoch)) {
		walk->epoch = epoch;
		kept = 0;
	}
	/* Drops frames that were left since; those of another stack may be gone altogether. */
	if (kept > 0 && likely(frames[0].sp <= current.state.top)) {
		for (current.hash = walk->hash; kept > 0 && frames[kept - 1].sp < start->sp; kept--)
			current.hash -= traceback_hash_frame(frames[kept - 1].number, kept - 1);
		/* The place of the innermost one's pc may hold anything now: it was a register, or
		 * in a frame that is gone. */
		if (ARCH_RETURN_IN_REGISTER && kept > 0)
			walk->frames[kept - 1].place = arch_place_of(&walk->start_pc);
		current.at = kept;
	}
	return remember(walk, start, walk_on(walk, start, &current));
}
