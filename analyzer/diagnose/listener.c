/*
 * listener-leak: what accumulates carries a code pointer, and so is a subscription that nobody
 * removes.
 *
 * Facts: a plain list or array of small records; nearly every record, or a block of its own one or
 * two levels below it, has a word that is the exact entry of a function, or points to a table of
 * functions, the same few again and again. Traps: what is found by a key is a cache, whatever
 * operations its entries have; but if it is in a list, too, and has a closure of its own, it is an
 * event source with a number, while an entry of a cache has at most the function that drops it. Job
 * queues and per-connection handlers carry callbacks, but come and go: they do not grow. A session
 * has a callback beside much else. Functions that a library's objects point to belong to the
 * library.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/relations.h"
#include "diagnose/shape.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "util/mem.h"
#include "util/words.h"

#define SHARE 0.8 /* of the blocks have a callback */
/* bytes of a subscription at most: a page of data may contain a function's address by chance */
#define LARGEST 4096
#define LARGEST_PAIR 256 /* largest offset of a function in an entry with several */
#define LEAST_BLOCKS 8	 /* fewer blocks are not a registry */
#define DEEP_LEVELS 2	 /* levels from a record to the block that carries the function */
#define DEEP_MOST 8	 /* kinds of blocks examined there */
#define PARTS_MOST 2 /* blocks of its own that a subscription has: a closure or context, a name */

/* Returns true if `code` is preferred: it is the more frequent; but a library's own function
 * (which marshals the call) yields to one of the program. */
static bool preferred(const struct snapshot_code *code, const struct snapshot_code *best)
{
	bool own = code->module == 0, best_own = best->module == 0; /* module 0 is the executable */

	if (own != best_own)
		return own ? code->count * 2 >= best->count : code->count > best->count * 2;
	return code->count > best->count;
}

/* Returns the most frequent function (or table of functions) in the blocks of a part or size
 * class, by record, from the offset `from` on; stores the number of all in `words`. */
static const struct snapshot_code *most_frequent(const struct facts *facts,
						 const uint32_t *group_of, uint32_t group,
						 bool table, uint64_t from, uint64_t *words)
{
	const struct snapshot_code *best = NULL;

	*words = 0;
	for (uint64_t i = 0; i < facts->graph->code_count; i++) {
		const struct snapshot_code *code = &facts->graph->codes[i];
		uint32_t its_group =
			group_of ? group_of[code->site] : facts_part_of(facts, code->site);

		if (its_group != group || code->table != table || code->offset < from)
			continue;
		*words += code->count;
		if (!best || preferred(code, best))
			best = code;
	}
	return best;
}

#define ABOUT 0.1 /* of the pointers */

/* Returns true if two words lead to each block, one to its start and one into it: counted handles
 * (std::shared_ptr). The start has the count and its own operations, the object is behind it. */
static bool has_counted_handles(const struct facts *facts, uint32_t class)
{
	const uint32_t *class_of = facts->classes->of;
	double blocks = (double)facts->classes->relations->blocks[class], pointers = 0, inside = 0;

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];

		if (class_of[edge->target] != class ||
		    (!edge->from_root && class_of[edge->source] == class))
			continue;
		pointers += (double)edge->count;
		inside += (double)edge->interior;
	}
	return pointers >= 2 * SHARE * blocks && fabs(inside - pointers / 2) <= ABOUT * pointers;
}

static const struct snapshot_code *most_frequent_of(const struct facts *facts, uint32_t class,
						    bool table, uint64_t *words)
{
	bool of_handle = table && has_counted_handles(facts, class);

	return most_frequent(facts, facts->classes->of, class, table,
			     of_handle ? sizeof(uint64_t) : 0, words);
}

const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t part,
					      uint64_t *words)
{
	return most_frequent(facts, NULL, part, false, 0, words);
}

/* Returns true if most blocks of a class carry callbacks; a subscription is small. */
static bool carries_callbacks(const struct facts *facts, uint32_t class,
			      const struct snapshot_code **callback)
{
	const struct relations *relations = facts->classes->relations;
	uint64_t blocks = relations->blocks[class], bytes = relations->bytes[class], words;

	*callback = most_frequent_of(facts, class, false, &words);
	if (!*callback || (double)words < SHARE * (double)blocks)
		*callback = most_frequent_of(facts, class, true, &words);
	if (!*callback)
		return false;
	if (blocks >= LEAST_BLOCKS)
		return (double)words >= SHARE * (double)blocks && bytes <= LARGEST * blocks;
	/* or an array of subscriptions in one block, at most 8 words each */
	return !(*callback)->table && words >= LEAST_BLOCKS &&
	       (double)words * 8 * 8 >= (double)bytes;
}

/* Lists what hangs from each block of a class as a block of its own. */
static size_t list_below(const struct facts *facts, uint32_t class, uint32_t below[DEEP_MOST])
{
	const struct relations *relations = facts->classes->relations;
	const struct relation *end, *relation = relations_from(relations, class, &end);
	double blocks = (double)relations->blocks[class];
	size_t count = 0;

	for (; relation < end && count < DEEP_MOST; relation++)
		if (relation->to != class && (double)relation->count >= SHARE * blocks &&
		    (double)relations->blocks[relation->to] >= SHARE * blocks &&
		    !relations_strong(relations, relation->to, class))
			below[count++] = relation->to;
	return count;
}

/* Looks one or two levels below: a closure, a slot object. An object of a library there (a
 * stream's operations) is not a subscription. */
static bool carries_deeper(const struct facts *facts, uint32_t class, unsigned levels,
			   const struct snapshot_code **callback)
{
	uint32_t below[DEEP_MOST];
	size_t count = list_below(facts, class, below);

	for (size_t i = 0; i < count; i++)
		if (facts->classes->relations->blocks[below[i]] >= LEAST_BLOCKS &&
		    carries_callbacks(facts, below[i], callback) && (*callback)->module == 0)
			return true;
	for (size_t i = 0; i < count && levels > 1; i++)
		if (carries_deeper(facts, below[i], levels - 1, callback))
			return true;
	return false;
}

/* True for example of a session, which has a callback beside buffers, names, lists of its own. */
static bool is_more_than_a_subscription(const struct facts *facts, uint32_t class)
{
	uint32_t below[DEEP_MOST];

	return list_below(facts, class, below) > PARTS_MOST;
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

#define FUNCTIONS 4 /* functions of a subscription at most */

/* Returns true for an array of (function, context) that becomes larger only now and then: its
 * contexts grow, and the array points to most of them. A block that has a list may have many
 * functions, too, but leads to the list by a pointer or two. */
static bool hangs_from_callbacks(const struct group *group, const struct snapshot_code **callback)
{
	const struct facts *facts = group->facts;
	uint32_t parent = group->path == FACTS_NONE ? FACTS_NONE
						    : holders_parent(facts->holders, group->path),
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

/* Returns true if a table with callbacks leads to the blocks of a class, as hangs_from_callbacks()
 * does, where one line allocates both. */
static bool hangs_from_table(const struct facts *facts, uint32_t class,
			     const struct snapshot_code **callback)
{
	const struct relations *relations = facts->classes->relations;

	for (uint32_t i = 0; i < facts->classes->count; i++) {
		const struct relation *relation =
			i == class ? NULL : relations_find(relations, i, class);
		uint64_t words;

		if (!relation || relation->count < LEAST_BLOCKS ||
		    relation->count * 2 < relations->blocks[class] ||
		    relations->blocks[i] * LEAST_BLOCKS > relation->count)
			continue;
		*callback = most_frequent_of(facts, i, false, &words);
		if (*callback && (double)words >= SHARE * (double)relation->count &&
		    words <= FUNCTIONS * relation->count)
			return true;
	}
	return false;
}

/* Adds evidence if there are fewer contexts than subscriptions: some are subscribed more than
 * once. The context is the word with the most different targets; a link back to the bus is the
 * same in all. */
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
		finding_evidence(
			finding,
			"duplicates: %" PRIu64 " subscriptions are for at most %" PRIu64
			" contexts, with the same function: most are subscribed more than once",
			pointers, contexts);
}

/* Adds what else accumulates with the subscriptions. */
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
				 "the subscribers keep %" PRIu64 " KiB in %" PRIu64
				 " other block%s alive",
				 bytes >> 10, blocks, words_s(blocks));
}

#define LINKED 0.9 /* of the blocks have the pointer */

/* Returns true if what is found by a key is in a doubly linked list, too. */
static bool is_listed(const struct facts *facts, uint32_t class)
{
	const struct snapshot_graph *graph = facts->graph;
	double least = LINKED * ((double)facts->classes->relations->blocks[class] - 1);
	size_t links = 0;

	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];

		links += !edge->from_root && !edge->stride && (double)edge->count >= least &&
			 facts->classes->of[edge->source] == class &&
			 facts->classes->of[edge->target] == class;
	}
	return links > 1;
}

/* Returns true if each block leads to a closure: a block of its own with a function of the
 * program and a context that nothing else has. */
static bool carries_closures(const struct facts *facts, uint32_t class,
			     const struct snapshot_code **callback)
{
	uint32_t below[DEEP_MOST], contexts[DEEP_MOST];
	size_t count = list_below(facts, class, below);

	for (size_t i = 0; i < count; i++)
		if (carries_callbacks(facts, below[i], callback) && (*callback)->module == 0 &&
		    !(*callback)->table && list_below(facts, below[i], contexts))
			return true;
	return false;
}

/* Returns true if each block has two functions of the program at fixed offsets, and a context of
 * its own. An entry of a cache has at most the one that drops it; a std::function has two. */
static bool carries_pairs(const struct facts *facts, uint32_t class,
			  const struct snapshot_code **callback)
{
	double least = SHARE * (double)facts->classes->relations->blocks[class];
	uint32_t contexts[DEEP_MOST];
	uint64_t words;
	size_t places = 0;

	*callback = most_frequent_of(facts, class, false, &words);
	if (!*callback || (*callback)->module != 0)
		return false;
	for (uint64_t offset = 0; offset < LARGEST_PAIR; offset += sizeof(uint64_t)) {
		double there = 0;

		for (uint64_t i = 0; i < facts->graph->code_count; i++) {
			const struct snapshot_code *code = &facts->graph->codes[i];

			if (!code->table && code->offset == offset && code->module == 0 &&
			    facts->classes->of[code->site] == class)
				there += (double)code->count;
		}
		places += there >= least;
	}
	return places > 1 && list_below(facts, class, contexts);
}

/* Returns true for a library's object, with the library's operations, in a list of the library:
 * a stream, a handle that the program has opened. A subscriber of a library brings a function of
 * its own. */
static bool is_handle(const struct facts *facts, const struct finding *finding,
		      const struct snapshot_code *callback)
{
	const struct snapshot *snapshot = facts->profile->snapshot;
	const struct profile_site *site = finding->site_count ? finding->sites[0].profile : NULL;
	const char *library, *caller = site ? site->frames[site->blamed]->module : NULL;

	if (callback->module == 0 || callback->module >= snapshot->module_count ||
	    !finding->holder || !finding->holder->module)
		return false;
	library = snapshot->modules[callback->module].path;
	return strcmp(finding->holder->module, library) == 0 &&
	       (callback->table || (caller && strcmp(caller, library) != 0));
}

bool listener_claims(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	const struct snapshot_code *callback = NULL;
	uint32_t class = shape_class(group);

	if (class == FACTS_NONE || is_more_than_a_subscription(facts, class))
		return false;
	if (shape_is_keyed(finding->shape) && !finding->registry) {
		if (!(is_listed(facts, class) && carries_closures(facts, class, &callback)) &&
		    !carries_pairs(facts, class, &callback))
			return false;
	} else if (!carries_callbacks(facts, class, &callback) &&
		   !hangs_from_callbacks(group, &callback) &&
		   !hangs_from_table(facts, class, &callback) &&
		   !carries_deeper(facts, class, DEEP_LEVELS, &callback))
		return false;
	if (is_handle(facts, finding, callback))
		return false;
	finding->kind = FINDING_LISTENER_LEAK;
	finding->callback = callback;
	find_duplicates(facts, finding);
	find_kept_alive(facts, finding);
	return true;
}
