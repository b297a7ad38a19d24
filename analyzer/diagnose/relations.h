/*
 * Sums up the graph's edges between sites by part, or by size class: the blocks of a source line
 * that have one size. A line in the program's own allocator makes both records and what they point
 * to, and a line may have several parts.
 * Must not: judge what grows.
 */
#ifndef SILT_DIAGNOSE_RELATIONS_H
#define SILT_DIAGNOSE_RELATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct facts;

/* Pointers from blocks of one part or size class to blocks of another, or of the same. */
struct relation {
	uint32_t from, to;
	/* of these pointers, those from lost blocks */
	uint64_t count, lost;
	/* pointers that do not point to the start of a block */
	uint64_t interior;
	/* pointers at one place of their blocks to various places: to pieces cut from blocks */
	uint64_t pieces;
};

struct relations {
	/* sorted by `from`, then `to` */
	struct relation *list;
	size_t count;
	/* number of parts, or of size classes */
	size_t groups;
	/* by part or size class: blocks in the graph; of sampled blocks each counts once */
	uint64_t *blocks, *lost;
	uint64_t *bytes;
};

struct size_class {
	/* the first part of its line */
	uint32_t place;
	/* 0: the rest, of various sizes; UINT64_MAX: tables that become larger */
	uint64_t size;
	/* growth of its call stacks after the warm-up */
	double growth_blocks, growth_bytes;
};

struct size_classes {
	struct size_class *list;
	size_t count;
	/* by site of the graph's snapshot */
	uint32_t *of;
	/* by part: the line of its heaviest call stack */
	uint32_t *place_of;
	struct relations *relations;
};

/* Make them from the graph of the facts, which must outlive both. */
struct relations *relations_new(const struct facts *facts);
struct size_classes *size_classes_new(const struct facts *facts);
void size_classes_free(struct size_classes *classes);
void relations_free(struct relations *relations);
/* Returns the pointers from one group to another; NULL: there are none. */
const struct relation *relations_find(const struct relations *relations, uint32_t from,
				      uint32_t to);
/* Returns the first relation from a group to others, and stores the end of these relations. */
const struct relation *relations_from(const struct relations *relations, uint32_t from,
				      const struct relation **end);
/* Returns true if the pointers involve most blocks of either group. Stale pointers in a few
 * blocks relate nothing. */
bool relations_strong(const struct relations *relations, uint32_t from, uint32_t to);
/* Returns the same for the lost blocks of both groups. */
bool relations_strong_lost(const struct relations *relations, uint32_t from, uint32_t to);

#endif
