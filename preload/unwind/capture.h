/*
 * Captures the traceback of an allocation.
 * Path: hot. Threads: each with its own struct unwind_walk, no lock. Memory: none on the heap;
 * about 300 bytes of the caller's stack, several KiB where libunwind has to help.
 * Must not: take the dynamic linker's lock, be entered again by a signal handler of the same thread
 * (track.c's guard).
 *
 * Cost: the thread's last walk is kept with the stack slots its return addresses were read from. A
 * look at them from outside inwards, two loads and compares a frame (0.5 ns), tells which frames
 * still stand; if all do, the traceback is the last one. Otherwise frames are walked from inside
 * until one that stands. A frame in a place where the last walk had one too costs about 3 ns: the
 * place of the next frame is taken from there and only then compared with what the rule says, so
 * that the processor need not wait for one frame to begin the next. Elsewhere each frame waits for
 * the one before, 5 to 7 ns: a load, a probe of the rule table, an addition.
 */
#ifndef SILT_UNWIND_H
#define SILT_UNWIND_H

#include "base/arch.h"
#include "base/rt.h"
#include "unwind/rules.h"

/*
 * Frames that are kept of a stack. Of a longer one the innermost are kept, a window that moves with
 * the innermost frame: when it is full its outer half is dropped, and when fewer than a traceback
 * needs are left it is walked anew, so that both cost a few ns for each frame entered or left.
 */
#define UNWIND_MAX_FRAMES 1024u
/* Frames that one walk adds. At least SILT_MAX_DEPTH. */
#define UNWIND_MAX_FRESH (UNWIND_MAX_FRAMES / 2)
#define UNWIND_OUTSIDE_UNKNOWN UINT32_MAX

/* Where a traceback starts: the caller of an interposed function, just returned to. */
struct unwind_start {
	uintptr_t pc, sp, fp;
};

/* For the interposed function itself. Naming its frame address makes the compiler set up a
 * frame pointer. */
#define UNWIND_HERE                                                                                \
	((struct unwind_start){(uintptr_t)__builtin_return_address(0), ARCH_CALLER_SP,             \
			       *(uintptr_t *)__builtin_frame_address(0)})

struct unwind_frame {
	uintptr_t pc, sp, fp;
	/* where pc was read from */
	struct arch_place place;
	/* where fp was read from; NULL: it came in its register */
	const uintptr_t *fp_slot;
	/* of the pc, see rules.h */
	uint32_t number;
	/* enum rule_trait */
	uint32_t traits;
};

/* A traceback: `count` frames kept (the innermost), unwind_pc(trace, 0) the innermost. */
struct unwind_trace {
	uint64_t hash;
	uint32_t count;
	/* true depth, or the number walked where the walk was given up; 0: unwind_count() tells */
	uint32_t depth;
	/* enum silt_site_flag: CUT, FAILED, GUESSED */
	uint32_t flags;
	/* for track.h to remember; 0 in a traceback that is not the last one again */
	uint32_t site;
	const struct unwind_walk *walk;
	/* where the pcs are: walk->frames, or walk->fresh */
	bool in_frames;
};

/* Of the 2^64 hashes one is not used: 0 means "free" in the table of sites. */
static inline uint64_t unwind_hash(uint64_t sum)
{
	return sum + (sum == 0);
}

/* One thread's last traceback, outermost frame first; and room for the new one. */
struct unwind_walk {
	struct unwind_trace trace;
	/* where the last traceback began, if it can be taken over whole; else 0 */
	uintptr_t sp;
	/* of the frames kept */
	uint64_t hash;
	/* frames that are valid in `frames` */
	uint32_t kept;
	/* frames outside of frames[0]; more than 0: only a window of the stack is kept */
	uint32_t outside;
	/* see libc_first_frame() */
	uintptr_t first_frame;
	/* rules_epoch they belong to */
	uint32_t epoch;
	/* the window lies on the thread's own stack */
	bool window_is_own;
	/* frames stepped over so far but for what unwind_capture() takes over whole */
	uint64_t walked;
	/* the thread's own stack ends here */
	uintptr_t stack_top;
	/* where its outermost frame is; 0: not known yet */
	uintptr_t outermost;
	/* another stack it ran on: known readable */
	uintptr_t other_low, other_high;
	/* where it is in a register: the pc that the walk starts from, and that of the innermost
	 * frame */
	uintptr_t start_pc;
	struct unwind_frame frames[UNWIND_MAX_FRAMES] __attribute__((aligned(64)));
	struct unwind_frame fresh
		/* innermost first; also those of a walk that is not kept */
		[UNWIND_MAX_FRESH];
};

static inline uint32_t unwind_pc(const struct unwind_trace *trace, uint32_t i)
{
	return trace->in_frames ? trace->walk->frames[trace->walk->kept - 1 - i].number
				: trace->walk->fresh[i].number;
}

/* Frames kept, 1 to SILT_MAX_DEPTH; set once at start. */
extern RT_HIDDEN uint32_t unwind_depth;

/* Loads libunwind. Without it frames whose unwind information is beyond simple rules end a
 * traceback. */
void unwind_load(bool selfcheck);
void unwind_walk_init(struct unwind_walk *walk);
/* The next walk builds upon nothing. */
static inline void unwind_forget(struct unwind_walk *walk)
{
	walk->kept = 0;
	walk->sp = 0;
}
/* A frame that depends on more than its place: see unwind_stands(). */
bool unwind_origin_stands(const struct unwind_frame *frame);

/*
 * Does the caller of the next frame still wait in `frame`, where it did? If all frames outside of
 * it do as well, and the walk comes to it with the same frame pointer, then by its rule their
 * places are the same too.
 */
static RT_HOT bool unwind_stands(const struct unwind_frame *frame)
{
	if (unlikely(arch_pc_at(frame->place, frame->sp) != frame->pc))
		return false;
	if (likely(!(frame->traits & RULE_BY_FP)))
		return true;
	return (!frame->fp_slot || *frame->fp_slot == frame->fp) &&
	       (likely(!(frame->traits & RULE_CFA_IN_SLOT)) || unwind_origin_stands(frame));
}

/* Is this frame pointer as good for the frame, and those outside of it, as the one it had? */
bool unwind_same_fp(const struct unwind_walk *walk, const struct unwind_frame *frame, uintptr_t fp);

/* The traceback where it begins in the same place as the last one, of which the `standing`
 * outermost frames stand. */
struct unwind_trace *unwind_changed(struct unwind_walk *walk, const struct unwind_start *start,
				    uint32_t standing);
/* The traceback where it begins elsewhere. */
struct unwind_trace *unwind_walk(struct unwind_walk *walk, const struct unwind_start *start);

/* The self-check: compares the `count` pcs stored for a stack, innermost first, with those that
 * libunwind finds there now. */
void unwind_check(const struct unwind_start *start, const uint32_t *stored, uint32_t count);
extern RT_HIDDEN bool unwind_selfcheck;

/* The traceback of a call from `start`; good until the next call with this walk. */
static RT_HOT struct unwind_trace *unwind_capture(struct unwind_walk *walk,
						  const struct unwind_start *start)
{
	struct unwind_trace *trace = &walk->trace;

	if (ARCH_RETURN_IN_REGISTER)
		walk->start_pc = start->pc;
	if (likely(start->sp == walk->sp &&
		   walk->epoch == atomic_load_explicit(&rules_epoch, memory_order_relaxed))) {
		const struct unwind_frame *frame = walk->frames, *end = frame + walk->kept;

		while (frame < end && unwind_stands(frame))
			frame++;
		if (frame < end ||
		    (end[-1].fp != start->fp && !unwind_same_fp(walk, end - 1, start->fp)))
			trace = unwind_changed(walk, start, (uint32_t)(frame - walk->frames));
	} else {
		trace = unwind_walk(walk, start);
	}
	return trace;
}

/* The depth of the stack that was captured last, where its traceback does not say: counted
 * frame by frame. */
uint32_t unwind_count(struct unwind_walk *walk, const struct unwind_start *start);

/* A word of the stack that fixes a walk, see walks.h: where it stands, in bytes from the stack
 * pointer of the start. */
struct unwind_word {
	/* UNWIND_WORD_FP: in the frame pointer's register */
	int32_t offset;
	uintptr_t value;
};
#define UNWIND_WORD_FP INT32_MIN

/* The words that fix the walk at `start`, which was captured last, in the order in which they
 * are read; at most `max`. 0: there is more to it than rules and words of the stack, or they
 * are too many. */
uint32_t unwind_words(struct unwind_walk *walk, const struct unwind_start *start,
		      struct unwind_word *words, uint32_t max);

/* The frames of a thread that stands still, from `start` outwards: stack pointer, CFA, number
 * of the pc. Returns how many could be told, at most `max`. `start->pc` is the interrupted
 * instruction, `link` the register for return addresses, where there is one; walk->stack_top
 * must be set. */
struct unwind_frame_bounds {
	uintptr_t sp, cfa;
	uint32_t pc;
};
uint32_t unwind_frames(struct unwind_walk *walk, const struct unwind_start *start,
		       struct arch_link link, struct unwind_frame_bounds *frames, uint32_t max);

struct unwind_statistics {
	/* tracebacks that libunwind made */
	_Atomic uint64_t general;
	_Atomic uint64_t checked,
		/* by the self-check: allocations, and those whose site has another stack */
		differing;
};
extern struct unwind_statistics unwind_statistics;

#endif
