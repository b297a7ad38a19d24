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
	 * and its number. */
	uintptr_t word, from;
	/* bytes of the words that are compared four at a time; the last may be there twice or
	 * thrice */
	uint16_t fours;
	/* enum walks_trait: 0 of most, a whole walk and no word left over */
	uint8_t traits;
	/* words that are there once more, at the end */
	uint8_t again;
	/* 0: a fork */
	uint32_t site;
	union {
		/* of the site: the caller's */
		void *tally;
		struct {
			/* where the word stands that selects the next run, from the stack
			 * pointer of the start */
			int32_t offset;
			/* odd, as no stack pointer is */
			uint32_t number;
		} fork;
	};
	struct unwind_word words[];
};

enum walks_trait {
	/* one more word is compared alone */
	WALKS_ODD = 1,
	WALKS_FORK = 2,
	/* by the frame pointer's register */
	WALKS_FORK_FP = 4,
};

struct walks_table {
	/* A run begins so many units of 8 bytes from here. None begins at 0: an edge that no run
	 * has. */
	uintptr_t no_word, no_from;
	/* number of slots - 1 */
	uint32_t mask;
	/* Open addressing by edge: the unit where the run begins; 0: free. */
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

static RT_HOT uint32_t walks_hash(uintptr_t word, uintptr_t mixed)
{
	/* Fits an instruction. The bits from 32 on are used, which all of a word reach. */
	return (uint32_t)(((word ^ mixed) * 0x61c88647ul) >> 32);
}

/* Of a stack pointer, for walks_hash(): or it and the pc would have their bits in the same
 * place. The number of a fork is taken as it is. */
static RT_HOT uintptr_t walks_mixed(uintptr_t sp)
{
	return sp << 20 | sp >> 44;
}

static RT_HOT const struct walks_run *walks_run_at(const struct walks_table *table, uint32_t unit)
{
	return (const struct walks_run *)((const uint64_t *)table + unit);
}

static RT_HOT const struct walks_run *walks_next(const struct walks_table *table, uintptr_t word,
						 uintptr_t from, uintptr_t mixed)
{
	uint32_t at = walks_hash(word, mixed) & table->mask;
	const struct walks_run *run = walks_run_at(table, table->slots[at]);

	while (unlikely(run->word != word) || unlikely(run->from != from)) {
		if (run == walks_run_at(table, 0))
			return NULL;
		at = (at + 1) & table->mask;
		run = walks_run_at(table, table->slots[at]);
	}
	return run;
}

static RT_HOT bool walks_same_word(const struct unwind_word *word, uintptr_t sp)
{
	uintptr_t value = *(const uintptr_t *)(sp + (uintptr_t)(intptr_t)word->offset);

	__asm__("" : "+r"(value)); /* the other is compared where it stands: a register less */
	return value == word->value;
}

/* The first word after those that are compared four at a time; NULL: one of them differs. */
static RT_HOT const struct unwind_word *walks_same_fours(const struct walks_run *run, uintptr_t sp)
{
	const struct unwind_word *word = run->words;
	const struct unwind_word *fours =
		(const struct unwind_word *)((const char *)word + run->fours);

	/* A loop costs most of what a comparison does. */
	for (; word != fours; word += 4)
		if (unlikely(!walks_same_word(&word[0], sp)) ||
		    unlikely(!walks_same_word(&word[1], sp)) ||
		    unlikely(!walks_same_word(&word[2], sp)) ||
		    unlikely(!walks_same_word(&word[3], sp)))
			return NULL;
	return word;
}

/* The remembered walk of the stack at these registers; NULL: none. Its site is not 0. */
static RT_HOT const struct walks_run *walks_find(const struct walks *walks, uintptr_t pc,
						 uintptr_t sp, uintptr_t fp)
{
	const struct walks_run *run = walks_next(walks->table, pc, sp, walks_mixed(sp));
	const struct unwind_word *odd;

	while (likely(run) && likely(odd = walks_same_fours(run, sp))) {
		uintptr_t word = fp;

		if (likely(run->traits == 0))
			return run;
		/* or traits, the table and its mask would be kept in registers meanwhile */
		__asm__ volatile("" : : : "memory");
		if (run->traits != WALKS_FORK) {
			if (run->traits & WALKS_ODD && unlikely(!walks_same_word(odd, sp)))
				return NULL;
			if (!(run->traits & WALKS_FORK))
				return run;
		}
		if (likely(!(run->traits & WALKS_FORK_FP)))
			word = *(const uintptr_t *)(sp + (uintptr_t)(intptr_t)run->fork.offset);
		run = walks_next(walks->table, word, run->fork.number, run->fork.number);
	}
	return NULL;
}

#endif
