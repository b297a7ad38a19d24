/*
 * Remembered walks: a stack that was walked before is found again, and its call site given, without
 * a walk.
 * Path: walks_find() hot, nothing written; learning cold. Threads: each with its own struct walks,
 * no lock. Memory: own pages, up to 284 KiB a thread, touched as used; none before a thread's 64th
 * walk.
 * Must not: read a word of the stack before what fixes its place has been compared; be entered
 * again by a signal handler of the same thread (track.c's guard).
 *
 * Why equal words mean an equal walk. By induction over the frames, from the innermost outwards:
 * where a frame's pc, stack pointer and frame pointer are those of a remembered walk, its rule is
 * the same, for rules depend on the pc only. The rule fixes where the CFA, the return address and
 * the caller's frame pointer stand. If the words there are the remembered ones, then pc, stack
 * pointer and frame pointer of the next frame are, too. A walk is compared to its end: the
 * outermost frame, whose rule says that it is the outermost one, or the frames that a traceback
 * keeps. As each word is read only after what fixes its place, a read touches nothing that a walk
 * by rules would not read there: true on every stack, of a thread or a coroutine.
 *
 * What must be compared: the pc and stack pointer the walk starts from; each return address; a word
 * that holds a CFA; a frame pointer only where a frame steps by it, just before that frame's return
 * address. Thus the next word to compare depends on those compared before and on nothing else, and
 * the walks form a tree: a run of words that lead to only one place are compared one after another;
 * at a fork the next word, looked up in a table, selects the run that goes on; a run that is not a
 * fork is a whole walk and holds its site.
 *
 * What ends it: rules_epoch, when a module is unloaded. Not remembered: stacks with signal frames,
 * guesses, or frames that need libunwind, see unwind_words().
 *
 * What is learnt: a stack at its second miss. Learning costs as much as some dozen hits save, so it
 * is paid from the hits that there were; stacks that never come back cost little more than the
 * walk. A full table is emptied, and learning begins anew.
 */
#ifndef SILT_WALKS_H
#define SILT_WALKS_H

#include "base/rt.h"
#include "unwind/capture.h"

struct walks_run {
	/* The edge that leads here: pc and stack pointer of the start; or the word at a fork,
	 * and 2 * its number + 1. */
	uintptr_t word, from;
	/* bytes of the words that are compared four at a time; the last may be there twice or
	 * thrice */
	uint16_t fours;
	/* words: one more is compared alone where fours leave one */
	uint16_t count;
	/* 0: a fork */
	uint32_t site;
	union {
		/* of the site: the caller's */
		void *tally;
		struct {
			/* where the word stands that selects the next run, from the stack
			 * pointer of the start */
			int32_t offset;
			uint32_t number;
		} fork;
	};
	struct unwind_word words[];
};

struct walks_table {
	/* of units */
	uint64_t *arena;
	/* number of slots - 1 */
	uint32_t mask;
	/* Open addressing by edge: the unit where the run begins; 0: free, and there is a run
	 * without a word. */
	uint32_t slots[];
};

struct walks_memory; /* what learning needs, and a table */

struct walks {
	/* never NULL: what a thread without one sees is empty */
	const struct walks_table *table;
	struct walks_memory *memory;
	/* of the memory, an index of sizes in walks.c */
	uint32_t size;
	/* rules_epoch that all of it belongs to */
	uint32_t epoch;
	/* so far */
	uint32_t misses;
	/* `misses` as of the last walks_earn() */
	uint32_t missed;
	/* since it was full last */
	uint32_t hits;
	/* lookups that learning may still cost */
	int32_t credit;
};

void walks_init(struct walks *walks);
/* Empties it. */
void walks_forget(struct walks *walks);

/* Now and then: pays for learning. `lookups` were made since the last call. */
void walks_earn(struct walks *walks, uint32_t lookups);

/* Cold: the stack at `start` was not found, a walk made `trace` of it. It may be learnt:
 * `tally` is given back with the site; NULL: it is not learnt now. */
void walks_missed(struct walks *walks, struct unwind_walk *walk, const struct unwind_start *start,
		  uint32_t site, void *tally);

static inline uint32_t walks_hash(uintptr_t word, uintptr_t from)
{
	return (uint32_t)(((word ^ (from << 20 | from >> 44)) * 0x9e3779b97f4a7c15ul) >> 32);
}

static RT_HOT const struct walks_run *walks_next(const struct walks_table *table, uintptr_t word,
						 uintptr_t from)
{
	for (uint32_t at = walks_hash(word, from);; at++) {
		uint32_t unit = table->slots[at & table->mask];
		const struct walks_run *run = (const struct walks_run *)&table->arena[unit];

		if (likely(run->word == word && run->from == from))
			return run;
		if (unit == 0)
			return NULL;
	}
}

static RT_HOT bool walks_same(const struct walks_run *run, uintptr_t sp)
{
#define WALKS_SAME(i)                                                                              \
	(*(const uintptr_t *)(sp + (uintptr_t)(intptr_t)word[i].offset) == word[i].value)
	const struct unwind_word *word = run->words;
	const struct unwind_word *fours =
		(const struct unwind_word *)((const char *)word + run->fours);

	/* A loop costs most of what a comparison does. */
	for (; word != fours; word += 4)
		if (unlikely(!WALKS_SAME(0)) || unlikely(!WALKS_SAME(1)) ||
		    unlikely(!WALKS_SAME(2)) || unlikely(!WALKS_SAME(3)))
			return false;
	return run->count % 4 != 1 || likely(WALKS_SAME(0));
#undef WALKS_SAME
}

/* The remembered walk of the stack at these registers; NULL: none. Its site is not 0. `fp`:
 * where the frame pointer is kept. */
static RT_HOT const struct walks_run *walks_find(const struct walks_table *table, uintptr_t pc,
						 uintptr_t sp, const uintptr_t *fp)
{
	const struct walks_run *run = walks_next(table, pc, sp);

	while (likely(run) && likely(walks_same(run, sp))) {
		const uintptr_t *word = fp;

		if (likely(run->site))
			return run;
		if (likely(run->fork.offset != UNWIND_WORD_FP))
			word = (const uintptr_t *)(sp + (uintptr_t)(intptr_t)run->fork.offset);
		run = walks_next(table, *word, 2ul * run->fork.number + 1);
	}
	return NULL;
}

#endif
