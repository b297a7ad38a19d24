/*
 * listener-leak: what accumulates carries a code pointer, and so is a subscription that nobody takes back.
 *
 * Facts: at the fan-out (or in a site right below it) nearly every block has a word that is the exact entry of a function, the
 * same few functions again and again.
 * Traps: job queues and per-connection handlers carry callbacks, too, but come and go: they do not grow. Tables of functions
 * (virtual functions, operations) are what any object has; they say nothing about subscribing.
 */
#include "diagnose/facts.h"

#define SHARE 0.8 /* of the blocks have a callback */

const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t site, uint64_t *words)
{
	const struct snapshot_code *best = NULL;
	uint32_t record = facts_record(facts, site);

	*words = 0;
	if (record == FACTS_NONE)
		return NULL;
	for (uint64_t i = 0; i < facts->graph->code_count; i++) {
		const struct snapshot_code *code = &facts->graph->codes[i];

		if (code->site != record || code->table)
			continue;
		*words += code->count;
		if (!best || code->count > best->count)
			best = code;
	}
	return best;
}

/* A block of its own for each subscription, or an array of them in one block. */
static bool carries_callbacks(const struct group *group, uint32_t site, const struct snapshot_code **callback)
{
	const struct facts *facts = group->facts;
	const struct series_point *point = &facts->series->sites[site].points[facts->graph_number];
	uint64_t words;

	*callback = listener_callback(facts, site, &words);
	if (!*callback)
		return false;
	if (point->blocks >= 8)
		return (double)words >= SHARE * (double)point->blocks;
	return words >= 8 &&
	       (double)words * 8 * 8 >= (double)point->bytes; /* at most 8 words a subscription */
}

bool listener_claims(const struct group *group, struct finding *finding)
{
	const struct snapshot_code *callback = NULL;

	for (size_t i = 0; i < group->count && !callback; i++) {
		uint32_t site = group->sites[i], parent = FACTS_NONE;
		uint32_t path = group->facts->sites[site].path;

		/* the fan-out itself, or what hangs right below it */
		if (site != group->top && path != FACTS_NONE)
			parent = holders_parent(group->facts->holders, path);
		if (site == group->top || (parent != FACTS_NONE && parent == group->path))
			carries_callbacks(group, site, &callback);
		if (callback && !carries_callbacks(group, site, &callback))
			callback = NULL;
	}
	if (!callback)
		return false;
	finding->kind = FINDING_LISTENER_LEAK;
	finding->callback = callback;
	return true;
}
