/*
 * Remembered walks: see walks.h. This file learns them.
 * Path: cold. Threads: each with its own struct walks. Memory: own pages.
 * Must not: publish a run before it is complete. A signal handler may jump out (siglongjmp) between
 * any two stores: what is then reachable must be complete.
 */
#include "unwind/walks.h"

#include <string.h>

#include "base/rt.h"
#include "silt_snapshot.h"

#define WORDS (2 * SILT_MAX_DEPTH)
#define RUN_UNITS (sizeof(struct walks_run) / 8)
#define WORD_UNITS (sizeof(struct unwind_word) / 8)

/* Misses of a thread before it gets a table: most processes and threads end before. */
#define LEAST_MISSES 64u
/* Learning a stack takes some 2,000 instructions, and a hit saves a few hundred. So it is paid for
 * by as many lookups, half of which are granted even if they miss: for a program whose stacks never
 * recur, that is 3% of the cost of walking. */
#define COST 64
#define MOST_CREDIT (256 * COST)

/* Tables begin small, and grow as long as there are hits; all tables of a process together have a
 * limit. */
static const struct walks_size {
	uint32_t slots, units, filter;
} sizes[] = {{2048, 16384, 512}, {8192, 65536, 1024}, {32768, 524288, 4096}};
#define SIZES (sizeof sizes / sizeof sizes[0])
#define MOST_MEMORY (32ul << 20)
static _Atomic uint64_t all_memory;

struct walks_memory {
	size_t bytes;
	/* of the arena: first unit, next free, end */
	uint32_t arena, used, units;
	/* slots in use */
	uint32_t edges;
	/* last fork's number */
	uint32_t forks;
	/* stacks since it was empty */
	uint32_t learnt;
	uint32_t times_full;
	uint32_t chance;
	uint32_t filter_mask;
	/* signatures of stacks that were missed once */
	uint32_t *filter;
	/* of the walk that is being learnt */
	struct unwind_word words[WORDS];
	struct walks_table table;
};

/* The table of a thread that has none yet: one unused slot. */
static const union {
	struct walks_table table;
	char room[sizeof(struct walks_table) + 4 * sizeof(uint32_t)];
} empty;

void walks_init(struct walks *walks)
{
	if (!walks->table)
		walks->table = &empty.table;
	walks->credit = MOST_CREDIT;
}

/* Maps an empty table of a size. */
static struct walks_memory *new_memory(const struct walks_size *size)
{
	size_t filter = sizeof(struct walks_memory) + size->slots * sizeof(uint32_t);
	size_t arena = (filter + size->filter * sizeof(uint32_t) + 7) / 8 * 8;
	size_t bytes = arena + size->units * 8;
	struct walks_memory *memory;

	if (atomic_fetch_add(&all_memory, bytes) + bytes > MOST_MEMORY ||
	    !(memory = rt_map(bytes))) {
		atomic_fetch_sub(&all_memory, bytes);
		return NULL;
	}
	memory->bytes = bytes;
	memory->arena = (uint32_t)(arena - offsetof(struct walks_memory, table)) / 8;
	memory->used = memory->arena;
	memory->units = memory->arena + size->units;
	memory->forks = 1;
	memory->filter = (uint32_t *)((char *)memory + filter);
	memory->filter_mask = size->filter - 1;
	memory->table.mask = size->slots - 1;
	return memory;
}

static bool get_memory(struct walks *walks, uint32_t size)
{
	struct walks_memory *memory = new_memory(&sizes[size]), *old = walks->memory;

	if (!memory)
		return false;
	walks->size = size;
	walks->memory = memory;
	walks->table = &memory->table;
	if (old) {
		atomic_fetch_sub(&all_memory, old->bytes);
		rt_unmap(old, old->bytes);
	}
	return true;
}

void walks_forget(struct walks *walks)
{
	struct walks_memory *memory = walks->memory;

	if (!memory)
		return;
	memset(memory->table.slots, 0, (memory->table.mask + 1ul) * sizeof memory->table.slots[0]);
	atomic_signal_fence(memory_order_seq_cst);
	memory->used = memory->arena;
	memory->edges = 0;
	memory->learnt = 0;
}

void walks_earn(struct walks *walks, uint32_t lookups)
{
	uint32_t misses = walks->misses - walks->missed;

	walks->missed = walks->misses;
	walks->hits += misses < lookups ? lookups - misses : 0;
	walks->credit += (int32_t)(lookups + (misses < lookups ? lookups - misses : 0));
	if (walks->credit > MOST_CREDIT)
		walks->credit = MOST_CREDIT;
}

/* -- the tree -- */

static struct walks_run *run_at(struct walks_memory *memory, uint32_t unit)
{
	return (struct walks_run *)((uint64_t *)&memory->table + unit);
}

/* The slot of an edge; it holds 0 if the edge is new. */
static uint32_t *slot_of(struct walks_memory *memory, uintptr_t word, uintptr_t from)
{
	for (uint32_t at = walks_hash(word, from & 1 ? from : walks_mixed(from));; at++) {
		uint32_t *slot = &memory->table.slots[at & memory->table.mask];
		const struct walks_run *run = run_at(memory, *slot);

		if (*slot == 0 || (run->word == word && run->from == from))
			return slot;
	}
}

/* Makes a complete run reachable. */
static void publish(struct walks_memory *memory, uint32_t *slot, uint32_t unit)
{
	memory->edges += *slot == 0;
	atomic_signal_fence(memory_order_seq_cst);
	*slot = unit;
	atomic_signal_fence(memory_order_seq_cst);
}

/* Returns a new fork's number: odd, unique, and with well-mixed bits, for walks_hash(). */
static uint32_t next_fork(struct walks_memory *memory)
{
	return memory->forks += 0x9e3779b2u;
}

/* Words that are stored for `count` words: comparing the last one twice or three times costs less
 * than a loop of its own. */
static uint32_t stored(uint32_t count)
{
	return count % 4 < 2 ? count : (count + 3) / 4 * 4;
}

/* Makes a run of these words, which is neither a fork nor the end of a walk yet. There is room for
 * it. */
static uint32_t new_run(struct walks_memory *memory, uintptr_t word, uintptr_t from,
			const struct unwind_word *words, uint32_t count)
{
	uint32_t unit = memory->used, room = stored(count);
	struct walks_run *run = run_at(memory, unit);

	memory->used += RUN_UNITS + room * WORD_UNITS;
	*run = (struct walks_run){.word = word,
				  .from = from,
				  .fours = (uint16_t)(room / 4 * 4 * sizeof words[0]),
				  .traits = room % 4 == 1 ? WALKS_ODD : 0,
				  .again = (uint8_t)(room - count)};
	memcpy(run->words, words, count * sizeof words[0]);
	for (uint32_t i = count; i < room; i++)
		run->words[i] = words[count - 1];
	return unit;
}

/* The number of words, without repetitions. */
static uint32_t count_of(const struct walks_run *run)
{
	return (uint32_t)(run->fours / sizeof run->words[0]) + (run->traits & WALKS_ODD) -
	       run->again;
}

struct walk_end {
	uint32_t site;
	void *tally;
};

/* Adds a branch of `count` words at a new edge. A word in a register needs a fork of its own. */
static void add_branch(struct walks_memory *memory, uintptr_t word, uintptr_t from,
		       const struct unwind_word *words, uint32_t count, struct walk_end end)
{
	uint32_t plain = 0, unit;
	struct walks_run *run;

	while (plain < count && words[plain].offset != UNWIND_WORD_FP)
		plain++;
	unit = new_run(memory, word, from, words, plain);
	run = run_at(memory, unit);
	if (plain == count) {
		run->tally = end.tally;
		run->site = end.site;
	} else {
		run->traits |= WALKS_FORK | WALKS_FORK_FP;
		run->fork.offset = UNWIND_WORD_FP;
		run->fork.number = next_fork(memory);
		add_branch(memory, words[plain].value, run->fork.number, &words[plain + 1],
			   count - plain - 1, end);
	}
	publish(memory, slot_of(memory, word, from), unit);
}

/* The run in `slot` and a new walk differ at word `at`: replaces the run, by one store, by a copy
 * that forks there. `words`: the new walk's, from that word on. */
static void split(struct walks_memory *memory, uint32_t *slot, uint32_t at,
		  const struct unwind_word *words, uint32_t count, struct walk_end end)
{
	const struct walks_run *whole = run_at(memory, *slot);
	uint32_t number = next_fork(memory), rest, fork;
	struct walks_run *run;

	rest = new_run(memory, whole->words[at].value, number, &whole->words[at + 1],
		       count_of(whole) - at - 1);
	run = run_at(memory, rest);
	run->traits |= whole->traits & ~WALKS_ODD;
	run->site = whole->site;
	run->tally = whole->tally; /* or its fork: they share the union */
	publish(memory, slot_of(memory, run->word, run->from), rest);
	add_branch(memory, words[0].value, number, words + 1, count - 1, end);
	fork = new_run(memory, whole->word, whole->from, whole->words, at);
	run = run_at(memory, fork);
	run->traits |= WALKS_FORK;
	run->fork.offset = words[0].offset;
	run->fork.number = number;
	publish(memory, slot, fork);
}

/* Follows the words as far as the tree has them, and adds the rest. */
static void insert(struct walks_memory *memory, const struct unwind_start *start, uint32_t count,
		   struct walk_end end)
{
	const struct unwind_word *words = memory->words, *last = words + count;
	uintptr_t word = start->pc, from = start->sp;

	for (;;) {
		uint32_t *slot = slot_of(memory, word, from);
		const struct walks_run *run = run_at(memory, *slot);

		if (*slot == 0) {
			add_branch(memory, word, from, words, (uint32_t)(last - words), end);
			return;
		}
		for (uint32_t i = 0; i < count_of(run); i++, words++) {
			if (words == last || words->offset != run->words[i].offset)
				return; /* impossible, see walks.h */
			if (words->value != run->words[i].value) {
				split(memory, slot, i, words, (uint32_t)(last - words), end);
				return;
			}
		}
		if (run->site || words == last || words->offset != run->fork.offset)
			return; /* the walk is known already */
		word = words++->value;
		from = run->fork.number;
	}
}

/* True if there is room for any one walk: its words, a run that is split, and what four runs need
 * beside their words. */
static bool has_room(const struct walks_memory *memory, uint32_t count)
{
	return memory->used + (count + WORDS + 4 * 2) * WORD_UNITS + 4 * RUN_UNITS <=
		       memory->units &&
	       memory->edges + 4 <= memory->table.mask / 2;
}

/* The table is full: takes a larger one if what was learnt has been useful, or at the third time,
 * since more stacks may recur than it has room for. Otherwise empties it. */
static void make_room(struct walks *walks)
{
	bool was_of_use =
		walks->hits / 8 > walks->memory->learnt || ++walks->memory->times_full == 3;

	walks->hits = 0;
	if (!was_of_use || walks->size + 1 == SIZES || !get_memory(walks, walks->size + 1))
		walks_forget(walks);
}

/* True if the stack was missed before. Two signatures share a place, and a third one replaces
 * either at random: otherwise stacks that recur in turn would never be recognised. */
static bool missed_before(struct walks_memory *memory, const struct unwind_trace *trace,
			  uintptr_t sp)
{
	uint64_t mixed = (trace->hash ^ sp) * 0x9e3779b97f4a7c15ul;
	uint32_t signature = (uint32_t)(mixed >> 32) | 1,
		 *seen = &memory->filter[mixed >> 16 & (memory->filter_mask - 1)];

	if (seen[0] == signature || seen[1] == signature)
		return true;
	memory->chance = memory->chance * 1664525u + 1013904223u; /* Knuth, TAOCP 3.3.4 */
	seen[seen[0] == 0 ? 0 : seen[1] == 0 ? 1 : memory->chance >> 31] = signature;
	return false;
}

RT_COLD void walks_missed(struct walks *walks, struct unwind_walk *walk,
			  const struct unwind_start *start, uint32_t site, void *tally)
{
	uint32_t count;

	walks->misses++;
	if (walks->credit < COST || !tally || !walk->trace.in_frames ||
	    walks->misses < LEAST_MISSES)
		return;
	if (!walks->memory && !get_memory(walks, 0)) {
		walks->credit = -MOST_CREDIT; /* tries again later */
		return;
	}
	if (!missed_before(walks->memory, &walk->trace, start->sp))
		return;
	walks->credit -= COST;
	count = unwind_words(walk, start, walks->memory->words, WORDS);
	if (count == 0)
		return;
	if (!has_room(walks->memory, count)) {
		make_room(walks); /* the stack is learnt at its next miss */
		return;
	}
	walks->memory->learnt++;
	insert(walks->memory, start, count, (struct walk_end){site, tally});
}
