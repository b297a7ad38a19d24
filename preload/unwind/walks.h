/*
 * Remembered walks: finds the call site of a stack that was walked before, without walking it.
 * Path: walks_find() hot, no store; learning cold. Threads: each with its own struct walks, no
 * lock. Memory: own pages, up to 4.2 MiB a thread and 32 MiB a process, touched as used; none
 * before a thread's 64th walk.
 * Must not: read a word of the stack before the words that determine its place have been compared;
 * be entered again by a signal handler of the same thread (track.c's guard).
 *
 * Why equal words mean an equal walk. By induction over the frames, from the innermost outwards: if
 * a frame's pc, stack pointer and frame pointer equal those of a remembered walk, its rule is the
 * same, for rules depend only on the pc. The rule determines where the CFA, the return address and
 * the caller's frame pointer are stored. If the words there equal the remembered ones, so do pc,
 * stack pointer and frame pointer of the next frame. A walk is compared to its end: the outermost
 * frame, whose rule says so, or the last frame that a traceback keeps. Each word is read only after
 * those that determine its place, so no word is read that a walk by rules would not read there: on
 * every stack, of a thread or a coroutine.
 *
 * What is compared: the pc and stack pointer of the start; each return address; each word that
 * holds a CFA; a frame pointer only if a frame steps by it, just before that frame's return
 * address. So the next word to compare depends only on those compared before, and the walks form a
 * tree. Words that lead to one place only are a run, compared one after another. At a fork the next
 * word, looked up in a table, selects the run that follows. A run that is not a fork ends a whole
 * walk, and has its site.
 *
 * When walks become invalid: when a module is unloaded (rules_epoch). Not remembered: stacks with
 * signal frames, guesses, or frames that need libunwind, see unwind_words().
 *
 * When a stack is learnt: at its second miss. Learning costs as much as a few dozen hits save, so
 * it is paid for by earlier hits; stacks that never recur cost little more than the walk. A full
 * table is replaced by a larger one if it has been useful, and else emptied.
 */
#ifndef SILT_WALKS_H
#define SILT_WALKS_H

#include "base/rt.h"
#include "unwind/capture.h"

struct walks_run {
	/* The edge that leads here: pc and stack pointer of the start; or the word at a fork, and
	 * the fork's number. */
	uintptr_t word, from;
	/* size in bytes of the words that are compared four at a time; the last word may be
	 * repeated to fill four */
	uint16_t fours;
	/* bits of enum walks_trait; 0 for most runs: the end of a walk, no odd word */
	uint8_t traits;
	/* how often the last word is repeated */
	uint8_t again;
	/* 0 at a fork */
	uint32_t site;
	union {
		/* the site's counters, for the caller */
		void *tally;
		struct {
			/* place of the word that selects the next run, from the stack pointer of
			 * the start */
			int32_t offset;
			/* odd, as no stack pointer is */
			uint32_t number;
		} fork;
	};
	struct unwind_word words[];
};

enum walks_trait {
	/* one more word is compared after the fours */
	WALKS_ODD = 1,
	WALKS_FORK = 2,
	/* the next run is selected by the frame pointer's register, not by a word */
	WALKS_FORK_FP = 4,
};

struct walks_table {
	/* Unit 0, which stands for no run: read as a struct walks_run, it has an edge (0, 0) that
	 * no stack has. Units are of 8 bytes, and counted from the table's address. */
	uintptr_t no_word, no_from;
	/* number of slots - 1 */
	uint32_t mask;
	/* Open addressing by edge: the unit where a run begins; 0: unused. */
	uint32_t slots[];
};

struct walks_memory; /* what learning needs, and a table */

struct walks {
	/* never NULL: an empty table stands in until the thread has its own */
	const struct walks_table *table;
	struct walks_memory *memory;
	/* of the memory: an index into `sizes` of walks.c */
	uint32_t size;
	/* rules_epoch for which the table is valid */
	uint32_t epoch;
	/* so far */
	uint32_t misses;
	/* `misses` at the last walks_earn() */
	uint32_t missed;
	/* since the table was last full */
	uint32_t hits;
	/* lookups that learning may still cost */
	int32_t credit;
};

/* Prepares for a new thread, which may take over what another has learnt. */
void walks_init(struct walks *walks);
/* Empties the table. */
void walks_forget(struct walks *walks);

/* Called now and then: grants learning a share of the `lookups` made since the last call. */
void walks_earn(struct walks *walks, uint32_t lookups);

/* Cold: the stack at `start` was not found, and was walked. May learn it, unless `tally` is NULL:
 * walks_find() will then return `site` and `tally`. */
void walks_missed(struct walks *walks, struct unwind_walk *walk, const struct unwind_start *start,
		  uint32_t site, void *tally);

static RT_HOT uint32_t walks_hash(uintptr_t word, uintptr_t mixed)
{
	/* The factor fits into one instruction. All bits of a word affect the bits used. */
	return (uint32_t)(((word ^ mixed) * 0x61c88647ul) >> 32);
}

/* Rotates a stack pointer for walks_hash(), because its low bits vary as the pc's do. The number of
 * a fork needs no mixing. */
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

	__asm__("" : "+r"(value)); /* so that word->value is compared in memory: a register less */
	return value == word->value;
}

/* Compares the words four at a time. Returns the address after them, or NULL if one differs. */
static RT_HOT const struct unwind_word *walks_same_fours(const struct walks_run *run, uintptr_t sp)
{
	const struct unwind_word *word = run->words;
	const struct unwind_word *fours =
		(const struct unwind_word *)((const char *)word + run->fours);

	/* A loop step costs almost as much as a comparison. */
	for (; word != fours; word += 4)
		if (unlikely(!walks_same_word(&word[0], sp)) ||
		    unlikely(!walks_same_word(&word[1], sp)) ||
		    unlikely(!walks_same_word(&word[2], sp)) ||
		    unlikely(!walks_same_word(&word[3], sp)))
			return NULL;
	return word;
}

/* Returns the last run, whose site is not 0, of the remembered walk that begins with these
 * registers; NULL: none. */
static RT_HOT const struct walks_run *walks_find(const struct walks *walks, uintptr_t pc,
						 uintptr_t sp, uintptr_t fp)
{
	const struct walks_run *run = walks_next(walks->table, pc, sp, walks_mixed(sp));
	const struct unwind_word *odd;

	while (likely(run) && likely(odd = walks_same_fours(run, sp))) {
		uintptr_t word = fp;

		if (likely(run->traits == 0))
			return run;
		/* so that traits, table and mask are read again, and not kept in registers */
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
