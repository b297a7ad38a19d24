/*
 * Who points to whom, by part: the graph's edges between sites, added up. Or by size class: the
 * blocks of a source line that have one size. A line in an allocator of the program's own makes
 * records and what they lead to; and a line may have several parts.
 * Must not: judge what grows.
 */
#ifndef SILT_DIAGNOSE_RELATIONS_H
#define SILT_DIAGNOSE_RELATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct facts;

/* Pointers from blocks of one part, or size class, to blocks of another, or of the same. */
struct relation {
	uint32_t from, to;
	/* of these from blocks that are lost */
	uint64_t count, lost;
	/* that do not point to the start of a block */
	uint64_t interior;
};

struct relations {
	/* by from, then to */
	struct relation *list;
	size_t count;
	/* parts, or size classes */
	size_t groups;
	/* by group: in the graph, where a sampled block counts as one */
	uint64_t *blocks, *lost;
	uint64_t *bytes;
};

struct size_class {
	/* the first part of its line */
	uint32_t place;
	/* 0: the rest, of differing sizes; UINT64_MAX: of tables that become larger */
	uint64_t size;
	/* of its call stacks, after the warm-up */
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

/* Of the graph that the facts have, which have to outlive both. */
struct relations *relations_new(const struct facts *facts);
struct size_classes *size_classes_new(const struct facts *facts);
void size_classes_free(struct size_classes *classes);
void relations_free(struct relations *relations);
/* NULL: there are no pointers. */
const struct relation *relations_find(const struct relations *relations, uint32_t from,
				      uint32_t to);
/* The relations of one part to others begin there; *end: after the last. */
const struct relation *relations_from(const struct relations *relations, uint32_t from,
				      const struct relation **end);
/* Do most blocks of one of the two have a part in it? A stale pointer in a few blocks unites
 * nothing. */
bool relations_strong(const struct relations *relations, uint32_t from, uint32_t to);
/* The same of the lost blocks of both. */
bool relations_strong_lost(const struct relations *relations, uint32_t from, uint32_t to);

#endif
