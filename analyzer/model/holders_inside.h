/*
 * What holders.c and holder_paths.c share.
 * Must not: be included by anyone else.
 */
#ifndef SILT_MODEL_HOLDERS_INSIDE_H
#define SILT_MODEL_HOLDERS_INSIDE_H

#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"

struct symbol_module;
struct variable;

#define HOLDERS_NONE UINT32_MAX

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
void holders_choose_parents(struct holders_inside *in);

#endif
