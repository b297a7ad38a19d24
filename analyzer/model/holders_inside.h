/*
 * What holders.c, holder_paths.c and holder_search.c share.
 * Must not: be included by anyone else.
 */
#ifndef SILT_MODEL_HOLDERS_INSIDE_H
#define SILT_MODEL_HOLDERS_INSIDE_H

#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "symbolize/variable.h"

struct symbol_module;
struct variable;

#define HOLDERS_NONE UINT32_MAX
#define HOLDERS_MAX_STEPS 64 /* blocks on a path that is told */

struct holders_inside {
	struct holders public;
	struct profile_context *context;
	const struct profile *profile;
	const struct snapshot_graph *graph;
	/* by root; NULL: no variable is known there */
	const struct variable **variables;
	/* by root */
	struct holder **holder_of;
	/* by path: index of the chosen link, or HOLDERS_NONE */
	uint32_t *parent_link;
	/* sorted by source, target, offset */
	const struct snapshot_edge **edges;
	size_t capacity;
	/* made by holders_connect() */
	struct holder_path **made;
	size_t made_count, made_capacity;
	/* made by holders_local() */
	struct holder **locals;
	size_t local_count, local_capacity;
};

static inline const struct symbol_module *holders_module(const struct holders_inside *in,
							 uint32_t module)
{
	return module == SNAPSHOT_NO_MODULE ? NULL : in->profile->modules[module];
}

static inline struct symbolizer *holders_symbolizer(const struct holders_inside *in)
{
	return profile_context_symbolizer(in->context);
}

/* The edges from one source to one site: the first, and how many. */
size_t holders_find_edges(const struct holders_inside *in, bool from_root, uint32_t source,
			  uint32_t target, const struct snapshot_edge *const **first);
void holders_sort_edges(struct holders_inside *in);
/* The step along one edge, or over several as elements of an array. */
struct path_step holders_make_step(const struct holders_inside *in, bool from_root, uint32_t source,
				   uint32_t target, uint64_t offset);
/* Live blocks of a site in the graph's snapshot. */
uint64_t holders_live_blocks(const struct holders_inside *in, uint32_t site);
/* Of the edges between blocks of one site the one that most blocks have; NULL: none. A pointer that
 * all have, while another lacks in one, is one of each block to itself: a chain has an end. */
const struct snapshot_edge *holders_strongest_link(const struct snapshot_edge *const *edges,
						   size_t count);
/* The step along that link. Blocks linked both ways have another edge just like it, of which the
 * field's name may be the better one to tell. */
struct path_step holders_chain_by(const struct snapshot_edge *const *edges, size_t count,
				  const struct snapshot_edge *best);
void holders_choose_parents(struct holders_inside *in);

#endif
