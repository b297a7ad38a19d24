/*
 * Captures the traceback of an allocation: see unwind.h. The walk by rules; libunwind (unwind_general.c) serves where
 * rules cannot say.
 * Called by track.c. Path: hot. Threads: each with its own struct unwind_walk. Memory: the stack.
 * Must not: take the dynamic linker's lock, be entered again by a signal handler of the same thread.
 */
#include "unwind.h"

#include <string.h>
#include <sys/ucontext.h>

#include "silt_snapshot.h"
#include "unwind_general.h"

uint32_t unwind_depth = 64;
struct unwind_statistics unwind_statistics;

static bool selfcheck;

/* -- stack bounds -- */

extern void *__libc_stack_end
	__attribute__((weak)); /* the dynamic linker's: top of the first thread's stack */

#define PROBE_LIMIT (1ul << 20)

static uintptr_t thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("mov %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

void unwind_walk_init(struct unwind_walk *walk)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), thread = thread_pointer();

	/* glibc puts a thread's control block at the top of its stack; the first thread's is elsewhere. */
	if (thread > here && thread - here < (1ul << 30) &&
	    (!&__libc_stack_end || here > (uintptr_t)__libc_stack_end ||
	     thread < (uintptr_t)__libc_stack_end))
		walk->stack_top = thread;
	else if (&__libc_stack_end)
		walk->stack_top = ((uintptr_t)__libc_stack_end | (RT_PAGE - 1)) + 1;
}

/* Up to where the stack at `sp` can be read. */
static RT_COLD uintptr_t other_stack_top(struct unwind_walk *walk, uintptr_t sp)
{
	if (sp < walk->other_low || sp >= walk->other_high) {
		walk->other_low = sp & ~(RT_PAGE - 1);
		walk->other_high = walk->other_low + RT_PAGE;
	}
	return walk->other_high;
}

/* The walk comes to `needed`, above the known top: probe page by page. Returns the new top, 0: cannot be
 * read. */
static RT_COLD uintptr_t extend_top(struct unwind_walk *walk, uintptr_t top, uintptr_t needed)
{
	if (needed - top > PROBE_LIMIT)
		return 0;
	for (; top < needed; top += RT_PAGE)
		if (!rt_readable((const void *)top))
			return 0;
	if (walk->other_high && needed - walk->other_high <= PROBE_LIMIT)
		walk->other_high = top;
	return top;
}

static inline uintptr_t stack_top(struct unwind_walk *walk, uintptr_t sp)
{
	if (likely(walk->stack_top - sp < (256ul << 20)))
		return walk->stack_top;
	return other_stack_top(walk, sp);
}

/* -- one step -- */

struct state {
	uintptr_t key; /* pc, or pc | RULES_EXACT */
	uintptr_t sp, fp, top;
	uint32_t flags;
	bool plain; /* no signal frame so far: stack pointers only rise, and return addresses stand below them */
};

enum step { STEPPED, OUTERMOST, FAILED, HARD };

static inline bool within(struct unwind_walk *walk, struct state *state, uintptr_t address)
{
	uintptr_t top;

	if (likely(address >= state->sp - 8 && address + 8 <= state->top && address + 8 > address))
		return true;
	if (address < state->sp - 8 || address + 8 < address)
		return false;
	top = extend_top(walk, state->top, address + 8);
	if (!top)
		return false;
	state->top = top;
	return true;
}

static RT_COLD enum step step_signal(struct unwind_walk *walk, struct state *state)
{
	const ucontext_t *context = (const ucontext_t *)state->sp;

	if (!within(walk, state, state->sp + sizeof context->uc_mcontext + 64))
		return FAILED;
	state->key = (uintptr_t)context->uc_mcontext.gregs[REG_RIP] | RULES_EXACT;
	state->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	state->fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
	state->plain = false;
	state->top = stack_top(walk, state->sp);
	return STEPPED;
}

/* No unwind information: what a function with a frame pointer would look like. */
static RT_COLD enum step step_guess(struct unwind_walk *walk, struct state *state)
{
	uintptr_t fp = state->fp;

	if (fp == 0)
		return OUTERMOST; /* so the ABI has it marked (System V AMD64, 3.4.1) */
	if (fp < state->sp || (fp & 7) || !within(walk, state, fp + 8))
		return FAILED;
	state->key = *(const uintptr_t *)(fp + 8);
	state->fp = *(const uintptr_t *)fp;
	state->sp = fp + 16;
	state->flags |= SILT_SITE_GUESSED;
	return state->key ? STEPPED : FAILED;
}

/* The state is copied, so that it can stay in registers where this is not called. */
static inline __attribute__((always_inline)) enum step
step_apart(struct unwind_walk *walk, struct state *state,
	   enum step (*how)(struct unwind_walk *, struct state *))
{
	struct state copy = *state;
	enum step result = how(walk, &copy);

	*state = copy;
	return result;
}

static inline __attribute__((always_inline)) enum step step(struct unwind_walk *walk, struct state *state,
							    const struct cfi_rule *rule)
{
	uintptr_t cfa;

	if (likely(rule->kind == CFI_SP)) {
		cfa = state->sp + (uintptr_t)(intptr_t)rule->cfa_offset;
	} else if (likely(rule->kind == CFI_FP)) {
		cfa = state->fp + (uintptr_t)(intptr_t)rule->cfa_offset;
	} else if (rule->kind == CFI_OUTERMOST) {
		return OUTERMOST;
	} else if (rule->kind == CFI_DEREF_FP) {
		uintptr_t address = state->fp + (uintptr_t)(intptr_t)rule->cfa_offset;

		if (!within(walk, state, address))
			return FAILED;
		cfa = *(const uintptr_t *)address;
	} else if (rule->kind == CFI_SIGNAL) {
		return step_apart(walk, state, step_signal);
	} else if (rule->kind == CFI_NONE) {
		return step_apart(walk, state, step_guess);
	} else {
		return rule->kind == CFI_HARD ? HARD : FAILED;
	}
	/* Frames lie above each other; only an interrupted prologue may have pushed nothing yet. */
	if (unlikely(cfa <= state->sp && !(cfa == state->sp && (state->key & RULES_EXACT))) ||
	    (unlikely(cfa > state->top) && !within(walk, state, cfa - 8)))
		return FAILED;
	if (rule->fp == CFI_FP_AT_CFA) {
		uintptr_t address = cfa + (uintptr_t)(intptr_t)rule->fp_offset;

		if (!within(walk, state, address))
			return FAILED;
		state->fp = *(const uintptr_t *)address;
	} else if (unlikely(rule->fp == CFI_FP_AT_FP)) {
		uintptr_t address = state->fp + (uintptr_t)(intptr_t)rule->fp_offset;

		if (!within(walk, state, address))
			return FAILED;
		state->fp = *(const uintptr_t *)address;
	}
	state->key = *(const uintptr_t *)(cfa - 8);
	state->sp = cfa;
	return likely(state->key) ? STEPPED : OUTERMOST;
}

/* -- the walk -- */

static inline uint64_t fold(uint64_t hash, uint32_t number)
{
	hash = (hash ^ number) * 0x9e3779b97f4a7c15ul;
	return hash ^ hash >> 29;
}

#define HASH_SEED 0x243f6a8885a308d3ul
#define HASH_PLACE 0x9e3779b97f4a7c15ul

/* What a frame adds to the hash, by its place from the outermost one: sums, so that no frame waits for another. Both halves of a
 * product, so that frames that change places do not cancel out. */
static inline uint64_t hash_frame(uint64_t mix, uint64_t place)
{
	unsigned __int128 product = (unsigned __int128)(mix ^ place) * 0xa0761d6478bd642ful;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Do the kept frames from `position` outwards still stand on the stack, as far as they are part of the traceback? 0 if so;
 * else the frame whose caller is another one now: no frame inside of it can be taken over either. */
static inline uint32_t changed_frame(const struct unwind_walk *walk, uint32_t position, uint32_t fresh,
				     uintptr_t top)
{
	uint32_t last = position + fresh > unwind_depth ? position + fresh - unwind_depth : 0;

	if (last < position && walk->frames[last].sp > top)
		return position;
	for (uint32_t i = position; i > last; i--)
		if (((const uintptr_t *)walk->frames[i - 1].sp)[-1] != walk->frames[i - 1].pc)
			return i;
	return 0;
}

/* Puts the fresh frames atop the kept ones and makes the traceback of them. */
static inline struct unwind_trace join(struct unwind_walk *walk, uint32_t base, uint32_t fresh)
{
	struct unwind_trace trace = {.walk = walk, .depth = base + fresh, .in_frames = true};
	uint64_t hash = base ? walk->frames[base - 1].hash : HASH_SEED, place = base * HASH_PLACE;
	struct unwind_frame *frame = &walk->frames[base];

	for (uint32_t *number = &walk->numbers[base]; fresh-- > 0; frame++) {
		*frame = walk->fresh[fresh];
		*number++ = walk->pcs[fresh];
		hash += hash_frame(frame->hash, place);
		frame->hash = hash;
		place += HASH_PLACE;
	}
	walk->kept = trace.depth;
	trace.count = trace.depth;
	trace.hash = hash;
	if (unlikely(trace.depth > unwind_depth)) {
		trace.count = unwind_depth;
		trace.flags = SILT_SITE_CUT;
		trace.hash = ~HASH_SEED;
		for (uint32_t i = trace.depth - unwind_depth; i < trace.depth; i++)
			trace.hash = fold(trace.hash, walk->numbers[i]);
	}
	trace.hash |= 1; /* 0 means "free" in the table of sites */
	return trace;
}

/* A traceback that the next walk cannot build upon. */
static RT_COLD struct unwind_trace keep_apart(struct unwind_walk *walk, uint32_t fresh, uint32_t flags)
{
	struct unwind_trace trace = {.walk = walk, .depth = fresh, .flags = flags};

	walk->kept = 0;
	if (fresh > unwind_depth) {
		fresh = unwind_depth;
		trace.flags |= SILT_SITE_CUT;
	}
	trace.count = fresh;
	trace.hash = HASH_SEED ^ flags;
	while (fresh-- > 0)
		trace.hash = fold(trace.hash, walk->pcs[fresh]);
	trace.hash |= 1;
	return trace;
}

static struct unwind_trace general_traceback(struct unwind_walk *walk, const struct unwind_start *start);

static inline struct unwind_trace walk_stack(struct unwind_walk *walk, const struct unwind_start *start)
{
	struct state state = {.key = start->pc,
			      .sp = start->sp,
			      .fp = start->fp,
			      .top = stack_top(walk, start->sp),
			      .plain = true};
	uint32_t fresh = 0, kept = walk->kept;
	struct rule spare;

	if (unlikely(walk->epoch != atomic_load_explicit(&rules_epoch, memory_order_relaxed))) {
		walk->epoch = atomic_load_explicit(&rules_epoch, memory_order_relaxed);
		kept = 0;
	}
	for (;;) {
		const struct rule *rule;

		while (kept > 0 && walk->frames[kept - 1].sp < state.sp)
			kept--;
		if (kept > 0 && state.plain) {
			const struct unwind_frame *last = &walk->frames[kept - 1];

			if (last->sp == state.sp && last->pc == state.key && last->fp == state.fp &&
			    kept + fresh <= UNWIND_MAX_FRAMES) {
				uint32_t changed = changed_frame(walk, kept - 1, fresh, state.top);

				if (!changed)
					return join(walk, kept, fresh);
				kept = changed;
			}
		}
		if (unlikely(fresh == UNWIND_MAX_FRAMES))
			return keep_apart(walk, fresh, state.flags);
		rule = rules_find(state.key, &spare);
		if (unlikely(rule->pc == RULES_NO_PC))
			return keep_apart(walk, fresh, state.flags | SILT_SITE_FAILED);
		walk->fresh[fresh] = (struct unwind_frame){state.key, state.sp, state.fp, rule->mix};
		walk->pcs[fresh++] = rule->pc;
		switch (step(walk, &state, &rule->step)) {
		case STEPPED:
			break;
		case OUTERMOST:
			if (state.plain && !state.flags)
				return join(walk, 0, fresh);
			return keep_apart(walk, fresh, state.flags);
		case FAILED:
			return keep_apart(walk, fresh, state.flags | SILT_SITE_FAILED);
		case HARD:
			return general_traceback(walk, start);
		}
	}
}

static RT_COLD void check_against_general(struct unwind_walk *walk, const struct unwind_start *start,
					  const struct unwind_trace *trace);

struct unwind_trace unwind_capture(struct unwind_walk *walk, const struct unwind_start *start)
{
	struct unwind_trace trace = walk_stack(walk, start);

	if (unlikely(selfcheck))
		check_against_general(walk, start, &trace);
	return trace;
}

uint32_t unwind_count(struct unwind_walk *walk, const struct unwind_start *start)
{
	struct state state = {.key = start->pc,
			      .sp = start->sp,
			      .fp = start->fp,
			      .top = stack_top(walk, start->sp),
			      .plain = true};
	uint32_t count = 1;

	while (count < 65536) {
		struct rule spare;
		const struct rule *rule = rules_find(state.key, &spare);

		if (step(walk, &state, &rule->step) != STEPPED)
			break;
		count++;
	}
	return count;
}

uint32_t unwind_frames(struct unwind_walk *walk, const struct unwind_start *start,
		       struct unwind_frame_bounds *frames, uint32_t max)
{
	struct state state = {.key = start->pc | RULES_EXACT,
			      .sp = start->sp,
			      .fp = start->fp,
			      .top = stack_top(walk, start->sp),
			      .plain = true};
	uint32_t count = 0;

	while (count < max) {
		struct rule spare;
		const struct rule *rule = rules_find(state.key, &spare);
		uintptr_t sp = state.sp;
		enum step stepped = step(walk, &state, &rule->step);

		/* The outermost frame ends where the stack does; of one that cannot be stepped over nothing is known. */
		if (rule->pc == RULES_NO_PC || stepped == FAILED || stepped == HARD || state.sp < sp)
			break;
		frames[count++] =
			(struct unwind_frame_bounds){sp, stepped == STEPPED ? state.sp : state.top, rule->pc};
		if (stepped != STEPPED)
			break;
	}
	return count;
}

/* -- by libunwind -- */

static RT_COLD struct unwind_trace general_traceback(struct unwind_walk *walk,
						     const struct unwind_start *start)
{
	uint32_t pcs[SILT_MAX_DEPTH + 1], count;
	bool failed;

	count = unwind_general_walk(start, pcs, unwind_depth + 1, &failed);
	atomic_fetch_add_explicit(&unwind_statistics.general, 1, memory_order_relaxed);
	for (uint32_t i = 0; i < count; i++)
		walk->pcs[i] = pcs[i];
	return keep_apart(walk, count, failed ? SILT_SITE_FAILED : 0);
}

static RT_COLD void report_difference(const struct unwind_trace *trace, const uint32_t *pcs, uint32_t count)
{
	for (uint32_t i = 0; i < trace->count || i < count; i++) {
		char buffer[200];
		struct rt_text line = {buffer, sizeof buffer, 0};

		rt_text(&line, "self-check: frame ");
		rt_text_number(&line, i);
		for (int side = 0; side < 2; side++) {
			uint32_t have = side ? count : trace->count;
			const struct rules_pc *pc =
				i < have ? rules_pc(side ? pcs[i] : unwind_pc(trace, i)) : NULL;

			rt_text(&line, side ? "  libunwind " : "  silt ");
			if (pc) {
				rt_text_number(&line, pc->address);
				rt_text(&line, " in ");
				rt_text(&line,
					pc->module == MODULES_NONE ? "-" : modules_get(pc->module)->path);
			}
		}
		rt_say(buffer, NULL, NULL);
	}
}

static RT_COLD void check_against_general(struct unwind_walk *walk, const struct unwind_start *start,
					  const struct unwind_trace *trace)
{
	uint32_t pcs[SILT_MAX_DEPTH], count;
	bool failed, same;

	(void)walk;
	count = unwind_general_walk(start, pcs, unwind_depth, &failed);
	same = count == trace->count;
	for (uint32_t i = 0; same && i < count; i++)
		same = pcs[i] == unwind_pc(trace, i);
	atomic_fetch_add_explicit(&unwind_statistics.checked, 1, memory_order_relaxed);
	if (!same && atomic_fetch_add_explicit(&unwind_statistics.differing, 1, memory_order_relaxed) < 3)
		report_difference(trace, pcs, count);
}

void unwind_load(bool check)
{
	selfcheck = check;
	unwind_general_load();
}
