/*
 * The object that subscriptions are for, where a library keeps them in a registry of its own.
 *
 * Facts: the registry is a variable of a library, keyed by the address of the object: it leads to
 * the object other than through the subscriptions, since the object is its key. Each subscription
 * points to its object, too. The program holds the object in a variable of its own, and that is
 * where the subscriptions end: when the object is freed, or when it is asked to drop them.
 * Traps: the context of a subscription is often one object for all, but no key of the registry. An
 * object for each subscription, or few, is not what they accumulate on.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/root_ranking.h"
#include "silt_snapshot.h"
#include "util/mem.h"

#define SHARE 0.9      /* of the subscriptions point to the object, */
#define LEAST_SHARED 8 /* so many to each one */
#define KEY_DEPTH 3    /* pointers from the library's variable: a table, its array, the key */

static bool is_in(const uint32_t *records, size_t count, uint32_t record)
{
	for (size_t i = 0; i < count; i++)
		if (records[i] == record)
			return true;
	return false;
}

static uint64_t blocks_of(const struct facts *facts, uint32_t record)
{
	return snapshot_live_blocks(&facts->profile->snapshot->sites[record]);
}

/* Returns true if the program itself has the root, and its name is known. */
static bool is_own(const struct facts *facts, const struct holder *holder)
{
	const struct snapshot *snapshot = facts->profile->snapshot;
	bool is_frame = holder->kind == SILT_ROOT_STACK || holder->kind == SILT_ROOT_REGISTER;

	return holder->module && snapshot->module_count &&
	       strcmp(holder->module, snapshot->modules[0].path) == 0 &&
	       (is_frame ? holder->local : holder->symbol);
}

/* Returns true if a library's variable holds the group. */
static bool is_library(const struct facts *facts, const struct holder *holder)
{
	const struct snapshot *snapshot = facts->profile->snapshot;

	return (holder->kind == SILT_ROOT_GLOBAL || holder->kind == SILT_ROOT_TLS) &&
	       holder->module && snapshot->module_count &&
	       strcmp(holder->module, snapshot->modules[0].path) != 0;
}

/* Returns true if variables of the registry's library lead to the blocks of a record by at most
 * KEY_DEPTH pointers, none of them in blocks of the group. */
static bool is_key(const struct facts *facts, const struct holder *registry,
		   const uint32_t *records, size_t count, uint32_t key)
{
	const struct snapshot_graph *graph = facts->graph;
	unsigned char *depth = mem_zeroed(facts->profile->snapshot->site_count, 1);
	bool found;

	for (unsigned at = 1; at <= KEY_DEPTH && !depth[key]; at++)
		for (uint64_t i = 0; i < graph->edge_count; i++) {
			const struct snapshot_edge *edge = &graph->edges[i];
			const struct holder *root =
				edge->from_root ? holders_by_root(facts->holders, edge->source)
						: NULL;
			bool begins = root && at == 1 && root->kind == registry->kind &&
				      root->module && strcmp(root->module, registry->module) == 0;

			if (!depth[edge->target] &&
			    (begins || (!edge->from_root && depth[edge->source] &&
					depth[edge->source] < at)) &&
			    !is_in(records, count, edge->target))
				depth[edge->target] = (unsigned char)at;
		}
	found = depth[key] != 0;
	free(depth);
	return found;
}

/* Returns true if the edge may lead from each subscription to its object. */
static bool may_be_subject(const struct facts *facts, const struct snapshot_edge *edge,
			   const uint32_t *records, size_t count)
{
	return !edge->from_root && !edge->stride && edge->interior == 0 &&
	       is_in(records, count, edge->source) && !is_in(records, count, edge->target) &&
	       (double)edge->count >= SHARE * (double)blocks_of(facts, edge->source) &&
	       blocks_of(facts, edge->target) * LEAST_SHARED <= edge->count;
}

size_t subject_roots(const struct facts *facts, const struct holder *registry,
		     const uint32_t *records, size_t count, struct ranked_root roots[RANKED_ROOTS])
{
	const struct snapshot_graph *graph = facts->graph;

	if (!is_library(facts, registry))
		return 0;
	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];
		size_t found;

		if (!may_be_subject(facts, edge, records, count) ||
		    !is_key(facts, registry, records, count, edge->target))
			continue;
		found = root_ranking_best(facts->holders, facts->profile->snapshot, &edge->target,
					  1, roots);
		if (found && is_own(facts, roots[0].holder))
			return found;
	}
	return 0;
}
