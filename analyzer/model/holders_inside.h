/*
 * What the files that make holders share.
 * Must not: be included by others.
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
#define HOLDERS_MAX_STEPS 64 /* most blocks on a path that is described */

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
	/* by path: its records of graph->chains begin there; one more for the end */
	uint64_t *chain_of;
	/* by site: the path with most blocks, or HOLDERS_NONE */
	uint32_t *main_path;
	/* sorted by source, target, offset */
	const struct snapshot_edge **edges;
	size_t capacity;
	/* paths made by holders_connect() */
	struct holder_path **made;
	size_t made_count, made_capacity;
	/* holders made by holders_local() */
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

/* Stores the name and place of the function that has the frame of a pc in `holder`. */
void holders_name_function(const struct holders_inside *in, const struct snapshot_pc *pc,
			   struct holder *holder);
/* Returns the number of edges from one source to one site, and stores the first. */
size_t holders_find_edges(const struct holders_inside *in, bool from_root, uint32_t source,
			  uint32_t target, const struct snapshot_edge *const **first);
void holders_sort_edges(struct holders_inside *in);
/* Returns the step along one edge, or along several edges as elements of an array. */
struct path_step holders_make_step(const struct holders_inside *in, bool from_root, uint32_t source,
				   uint32_t target, uint64_t offset);
/* Returns the live blocks of a site in the graph's snapshot. */
uint64_t holders_live_blocks(const struct holders_inside *in, uint32_t site);
/* Returns the edge between blocks of one site that most blocks have; NULL: there is none. A
 * pointer that all blocks have, where another one is missing in exactly one block, points from
 * each block to itself: a chain has an end. */
const struct snapshot_edge *holders_strongest_link(const struct snapshot_edge *const *edges,
						   size_t count);
/* Returns the step along that link, or along another one that as many blocks have, as those of
 * lists linked in both directions: the one that leads outward, by which most blocks of the path
 * were first reached. `path` may be HOLDERS_NONE. */
struct path_step holders_chain_by(const struct holders_inside *in, uint32_t path,
				  const struct snapshot_edge *const *edges, size_t count,
				  const struct snapshot_edge *best);
/* Prepares holders_chain_by(). */
void holders_index_chains(struct holders_inside *in);
void holders_choose_parents(struct holders_inside *in);

#endif
