/*
 * Captures the traceback of an allocation.
 * Path: hot. Threads: each with its own struct unwind_walk, no lock. Memory: no heap; about 300
 * bytes of the caller's stack, several KiB where libunwind has to help.
 * Must not: take the dynamic linker's lock, be entered again by a signal handler of the same thread
 * (track.c's guard).
 *
 * Cost: the thread's last walk is kept, with the stack slots that its return addresses were read
 * from. Comparing these from the outermost frame inwards, two loads and compares a frame (0.5 ns),
 * tells which frames are unchanged; if all are, the traceback is the last one. Otherwise frames are
 * walked from the innermost one outwards until one is unchanged. A frame where the last walk also
 * had one costs about 3 ns: the place of the next frame is taken from the last walk, and only then
 * compared with the rule's, so that the processor need not finish one frame before it begins the
 * next. Elsewhere each frame waits for the one before, 5 to 7 ns: a load, a probe of the rule
 * table, an addition.
 */
#ifndef SILT_UNWIND_H
#define SILT_UNWIND_H

#include "base/arch.h"
#include "base/rt.h"
#include "unwind/rules.h"

/*
 * The most frames kept of a stack. Of a deeper stack the innermost are kept, a window that moves
 * with the innermost frame: when it is full, its outer half is dropped; when it has fewer frames
 * than a traceback needs, the stack is walked again. Either costs a few ns for each frame entered
 * or left.
 */
#define UNWIND_MAX_FRAMES 1024u
/* The most frames that one walk adds. At least SILT_MAX_DEPTH. */
#define UNWIND_MAX_FRESH (UNWIND_MAX_FRAMES / 2)
#define UNWIND_OUTSIDE_UNKNOWN UINT32_MAX

/* Where a traceback starts: the registers of the caller of an interposed function, as it
 * returns. */
struct unwind_start {
	uintptr_t pc, sp, fp;
};

/* The start for the interposed function that uses it. Naming its frame address makes the compiler
 * set up a frame pointer. */
#define UNWIND_HERE                                                                                \
	((struct unwind_start){(uintptr_t)__builtin_return_address(0), ARCH_CALLER_SP,             \
			       *(uintptr_t *)__builtin_frame_address(0)})

struct unwind_frame {
	uintptr_t pc, sp, fp;
	/* where pc was read from */
	struct arch_place place;
	/* where fp was read from; NULL: it was in its register */
	const uintptr_t *fp_slot;
	/* the pc's number, see rules.h */
	uint32_t number;
	/* enum rule_trait */
	uint32_t traits;
};

/* A traceback: the `count` innermost frames; unwind_pc(trace, 0) is the innermost. */
struct unwind_trace {
	uint64_t hash;
	uint32_t count;
	/* true depth, or the frames walked before the walk was given up; 0: see unwind_count() */
	uint32_t depth;
	/* enum silt_site_flag: CUT, FAILED, GUESSED */
	uint32_t flags;
	/* set by track.c; 0 unless the traceback is the last one again */
	uint32_t site;
	const struct unwind_walk *walk;
	/* the pcs are in walk->frames, else in walk->fresh */
	bool in_frames;
};

/* One hash is not used: 0 marks an unused entry in the table of sites. */
static inline uint64_t unwind_hash(uint64_t sum)
{
	return sum + (sum == 0);
}

/* A thread's last walk, outermost frame first, and room for the next one. */
struct unwind_walk {
	struct unwind_trace trace;
	/* stack pointer at which the last traceback began, if it may be reused whole; else 0 */
	uintptr_t sp;
	/* of the kept frames */
	uint64_t hash;
	/* valid frames in `frames` */
	uint32_t kept;
	/* frames outside of frames[0]; above 0: only a window of the stack is kept */
	uint32_t outside;
	/* see libc_first_frame() */
	uintptr_t first_frame;
	/* rules_epoch for which `frames` is valid */
	uint32_t epoch;
	/* the window is on the thread's own stack */
	bool window_is_own;
	/* frames stepped over so far, without those that unwind_capture() reused whole */
	uint64_t walked;
	/* end of the thread's own stack */
	uintptr_t stack_top;
	/* stack pointer of its outermost frame; 0: not known yet */
	uintptr_t outermost;
	/* part of another stack that the thread ran on, known to be readable */
	uintptr_t other_low, other_high;
	/* where return addresses are in a register: the pc at which the walk starts, which is also
	 * the innermost frame's place */
	uintptr_t start_pc;
	struct unwind_frame frames[UNWIND_MAX_FRAMES] __attribute__((aligned(64)));
	/* innermost first; also those of a walk that is not kept */
	struct unwind_frame fresh[UNWIND_MAX_FRESH];
};

static inline uint32_t unwind_pc(const struct unwind_trace *trace, uint32_t i)
{
	return trace->in_frames ? trace->walk->frames[trace->walk->kept - 1 - i].number
				: trace->walk->fresh[i].number;
}

/* Frames kept of a traceback, 1 to SILT_MAX_DEPTH; set once, at the start. */
extern RT_HIDDEN uint32_t unwind_depth;

/* Loads libunwind, and switches the self-check. Without libunwind, a traceback ends at the first
 * frame whose unwind information is beyond simple rules. */
void unwind_load(bool selfcheck);
/* Prepares for the calling thread, in which all walks are made. Call again if another thread takes
 * the struct over. */
void unwind_walk_init(struct unwind_walk *walk);
/* Forgets the last walk: the next one reuses nothing. */
static inline void unwind_forget(struct unwind_walk *walk)
{
	walk->kept = 0;
	walk->sp = 0;
}
/* The part of unwind_is_unchanged() for a frame whose CFA is stored in memory. */
bool unwind_cfa_is_unchanged(const struct unwind_frame *frame);
/*
 * True if the frame's return address is unchanged. If that holds for all frames outside of it, too,
 * and the walk reaches the frame with the same frame pointer, then by their rules their places are
 * also unchanged.
 */
static RT_HOT bool unwind_is_unchanged(const struct unwind_frame *frame)
{
	if (unlikely(arch_pc_at(frame->place, frame->sp) != frame->pc))
		return false;
	if (likely(!(frame->traits & RULE_BY_FP)))
		return true;
	return (!frame->fp_slot || *frame->fp_slot == frame->fp) &&
	       (likely(!(frame->traits & RULE_CFA_IN_SLOT)) || unwind_cfa_is_unchanged(frame));
}

/* True if a walk that reaches the frame with `fp` finds the same frames outside of it as the last
 * walk did. */
bool unwind_same_fp(const struct unwind_walk *walk, const struct unwind_frame *frame, uintptr_t fp);

/* The traceback if it starts at the same stack pointer as the last one, and the `unchanged`
 * outermost frames are unchanged. */
struct unwind_trace *unwind_walk_changed(struct unwind_walk *walk, const struct unwind_start *start,
					 uint32_t unchanged);
/* The traceback if it starts elsewhere. */
struct unwind_trace *unwind_walk(struct unwind_walk *walk, const struct unwind_start *start);

/* The self-check: compares the `count` pc numbers stored for a call stack, innermost first, with
 * those that libunwind finds. Prints the first few differences. */
void unwind_check(const struct unwind_start *start, const uint32_t *stored, uint32_t count);
extern RT_HIDDEN bool unwind_selfcheck;

/* The traceback of a call from `start`; valid until the next call with this walk. */
static RT_HOT struct unwind_trace *unwind_capture(struct unwind_walk *walk,
						  const struct unwind_start *start)
{
	struct unwind_trace *trace = &walk->trace;

	if (ARCH_RETURN_IN_REGISTER)
		walk->start_pc = start->pc;
	if (likely(start->sp == walk->sp &&
		   walk->epoch == atomic_load_explicit(&rules_epoch, memory_order_relaxed))) {
		const struct unwind_frame *frame = walk->frames, *end = frame + walk->kept;

		while (frame < end && unwind_is_unchanged(frame))
			frame++;
		if (frame < end ||
		    (end[-1].fp != start->fp && !unwind_same_fp(walk, end - 1, start->fp)))
			trace = unwind_walk_changed(walk, start, (uint32_t)(frame - walk->frames));
	} else {
		trace = unwind_walk(walk, start);
	}
	return trace;
}

/* The depth of the stack captured last, counted frame by frame, if its traceback does not tell. */
uint32_t unwind_count(struct unwind_walk *walk, const struct unwind_start *start);

/* A word of the stack that determines a walk, see walks.h. */
struct unwind_word {
	/* bytes from the stack pointer of the start; UNWIND_WORD_FP: the frame pointer register */
	int32_t offset;
	uintptr_t value;
};
#define UNWIND_WORD_FP INT32_MIN

/* Stores the words that determine the walk at `start`, which was captured last, in the order in
 * which they are read. Returns their number, at most `max`; 0: they are more, or do not determine
 * it alone. */
uint32_t unwind_words(struct unwind_walk *walk, const struct unwind_start *start,
		      struct unwind_word *words, uint32_t max);

/* Stores the frames of a thread that does not run, from `start` outwards: stack pointer, CFA,
 * number of the pc. Returns the number of frames that could be unwound, at most `max`. `start->pc`
 * is the interrupted instruction, `link` the return address register of machines that have one;
 * walk->stack_top must be set. */
struct unwind_frame_bounds {
	uintptr_t sp, cfa;
	uint32_t pc;
};
uint32_t unwind_frames(struct unwind_walk *walk, const struct unwind_start *start,
		       struct arch_link link, struct unwind_frame_bounds *frames, uint32_t max);

struct unwind_statistics {
	/* tracebacks that libunwind made */
	_Atomic uint64_t general;
	/* by the self-check: allocations, and those whose site has another stack */
	_Atomic uint64_t checked, differing;
};
extern struct unwind_statistics unwind_statistics;

#endif
