/*
 * listener-leak: what accumulates carries a code pointer, and so is a subscription that nobody takes back.
 *
 * Facts: at the fan-out (or in a site right below it) nearly every block has a word that is the exact entry of a function, the
 * same few functions again and again.
 * Traps: job queues and per-connection handlers carry callbacks, too, but come and go: they do not grow. A table of functions
 * (operations, virtual functions) is what any object may have: it counts in small records that point to a context only.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "diagnose/facts.h"
#include "util/mem.h"

#define SHARE 0.8    /* of the blocks have a callback */
#define SMALL 64     /* bytes of a record with a table of operations */
#define LARGEST 1024 /* bytes of a subscription: a page of data with a function somewhere in it is none */

/* The more frequent one; but a library's own (what marshals the call) gives way to the program's beside it. */
static bool preferred(const struct snapshot_code *code, const struct snapshot_code *best)
{
	bool own = code->module == 0, best_own = best->module == 0; /* module 0 is the executable */

	if (own != best_own)
		return own ? code->count * 2 >= best->count : code->count > best->count * 2;
	return code->count > best->count;
}

/* The most frequent function (or table of functions) in a site's blocks; `words`: how many there are of all. */
static const struct snapshot_code *most_frequent(const struct facts *facts, uint32_t part, bool table,
						 uint64_t *words)
{
	const struct snapshot_code *best = NULL;

	*words = 0;
	for (uint64_t i = 0; i < facts->graph->code_count; i++) {
		const struct snapshot_code *code = &facts->graph->codes[i];

		if (facts_part_of(facts, code->site) != part || code->table != table)
			continue;
		*words += code->count;
		if (!best || preferred(code, best))
			best = code;
	}
	return best;
}

const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t part, uint64_t *words)
{
	return most_frequent(facts, part, false, words);
}

/* A small record with a table of operations and a context: a pointer to a block of another kind. */
static bool carries_operations(const struct group *group, const struct snapshot_code **callback)
{
	const struct facts *facts = group->facts;
	const struct series_point *point = facts_point(facts, group->top);
	uint64_t words, contexts = 0;

	*callback = most_frequent(facts, group->top, true, &words);
	for (uint64_t i = 0; i < facts->graph->edge_count; i++)
		if (!facts->graph->edges[i].from_root &&
		    facts_part_of(facts, facts->graph->edges[i].source) == group->top &&
		    facts_part_of(facts, facts->graph->edges[i].target) != group->top)
			contexts += facts->graph->edges[i].count;
	return *callback && point->blocks >= 8 && (double)words >= SHARE * (double)point->blocks &&
	       (double)contexts >= SHARE * (double)point->blocks && point->bytes <= SMALL * point->blocks;
}

/* A block of its own for each subscription, or an array of them in one block. */
static bool carries_callbacks(const struct group *group, uint32_t part, const struct snapshot_code **callback)
{
	const struct facts *facts = group->facts;
	const struct series_point *point = facts_point(facts, part);
	uint64_t words;

	*callback = listener_callback(facts, part, &words);
	if (!*callback)
		return false;
	if (point->blocks >= 8)
		return (double)words >= SHARE * (double)point->blocks &&
		       point->bytes <= LARGEST * point->blocks;
	return words >= 8 &&
	       (double)words * 8 * 8 >= (double)point->bytes; /* at most 8 words a subscription */
}

/* Pointers from a site to blocks of the group, and the blocks of the sites that they lead to. */
struct fan {
	uint64_t pointers, blocks;
};

static struct fan fan_of(const struct group *group, uint32_t above)
{
	const struct facts *facts = group->facts;
	bool *seen = mem_zeroed(group->count + 1, sizeof *seen);
	struct fan fan = {0};

	for (uint64_t e = 0; e < facts->graph->edge_count; e++) {
		const struct snapshot_edge *edge = &facts->graph->edges[e];
		size_t i = 0;

		if (edge->from_root || facts_part_of(facts, edge->source) != above)
			continue;
		while (i < group->count && group->parts[i] != facts_part_of(facts, edge->target))
			i++;
		if (i == group->count)
			continue;
		fan.pointers += edge->count;
		if (!seen[i])
			fan.blocks += facts_point(facts, group->parts[i])->blocks;
		seen[i] = true;
	}
	free(seen);
	return fan;
}

#define FUNCTIONS 4 /* most of a subscription */

/* An array of (function, context) that becomes larger only now and then: what grows are the contexts, and the array has a pointer to
 * most of them. A block that has a list may have many functions, too, but leads to the list by a pointer or two. */
static bool hangs_from_callbacks(const struct group *group, const struct snapshot_code **callback)
{
	const struct facts *facts = group->facts;
	uint32_t parent =
			 group->path == FACTS_NONE ? FACTS_NONE : holders_parent(facts->holders, group->path),
		 above;
	uint64_t words;
	struct fan fan;

	if (parent == FACTS_NONE)
		return false;
	above = facts_part_of(facts, facts->graph->paths[parent].site);
	*callback = listener_callback(facts, above, &words);
	if (!*callback || words < 8)
		return false;
	fan = fan_of(group, above);
	return fan.pointers >= 8 && fan.pointers * 2 >= fan.blocks &&
	       (double)words >= SHARE * (double)fan.pointers && words <= FUNCTIONS * fan.pointers;
}

/* Fewer contexts than subscriptions: some are there more than once. Of the words that point to other blocks, the one with the most
 * different targets is taken for the context: a way back to the bus is the same in all. */
static void find_duplicates(const struct facts *facts, struct finding *finding)
{
	uint32_t subscription = facts_part_of(facts, finding->callback->site);
	uint64_t contexts = 0, pointers = 0;

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];
		uint64_t blocks;

		if (edge->from_root || facts_part_of(facts, edge->source) != subscription ||
		    facts_part_of(facts, edge->target) == subscription)
			continue;
		blocks = facts_point(facts, facts_part_of(facts, edge->target))->blocks;
		if (blocks > contexts) {
			contexts = blocks;
			pointers = edge->count;
		}
	}
	if (pointers >= 2 * contexts && finding->callback->count >= 2 * contexts && contexts)
		finding_evidence(finding,
				 "duplicates: %" PRIu64 " subscriptions are for at most %" PRIu64
				 " contexts, with the same function: most are there more than once",
				 pointers, contexts);
}

/* What else accumulates with the subscriptions. */
static void find_kept_alive(const struct facts *facts, struct finding *finding)
{
	uint32_t subscription = facts_part_of(facts, finding->callback->site);
	uint64_t blocks = 0, bytes = 0;

	for (size_t i = 0; i < finding->site_count; i++) {
		if (finding->sites[i].part == subscription)
			continue;
		blocks += finding->sites[i].live_blocks;
		bytes += finding->sites[i].live_bytes;
	}
	if (bytes)
		finding_evidence(finding,
				 "the subscribers keep %" PRIu64 " KiB in %" PRIu64 " other blocks alive",
				 bytes >> 10, blocks);
}

bool listener_claims(const struct group *group, struct finding *finding)
{
	const struct snapshot_code *callback = NULL;

	for (size_t i = 0; i < group->count && !callback; i++) {
		uint32_t part = group->parts[i], path = group->facts->found[part].path;

		/* the fan-out itself, or what hangs right below it */
		if (part != group->top &&
		    (path == FACTS_NONE || holders_parent(group->facts->holders, path) != group->path))
			continue;
		if (!carries_callbacks(group, part, &callback))
			callback = NULL;
	}
	if (!callback && !hangs_from_callbacks(group, &callback) && !carries_operations(group, &callback))
		return false;
	finding->kind = FINDING_LISTENER_LEAK;
	finding->callback = callback;
	find_duplicates(group->facts, finding);
	find_kept_alive(group->facts, finding);
	return true;
}
