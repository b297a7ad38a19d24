/*
 * Sites that grow become findings: those that hang from each other, or grow in step, are one.
 * Called by diagnose.c.
 * Must not: judge what grows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "util/mem.h"

#define FEW_BLOCKS 128	/* growth that may be a small cache being filled: fewer blocks, */
#define FEW_BYTES 16384 /* and fewer bytes */

/* A site that grows, and that which it hangs from. */
struct growing {
	uint32_t site, top;
};

struct growing_list {
	struct growing *list;
	size_t count, capacity;
};

static bool open_site(const struct facts *facts, uint32_t site)
{
	return facts->sites[site].grows && !facts->sites[site].used && !facts->sites[site].is_lost;
}

/* The topmost growing site that a growing site hangs from, through at most two that do not grow (a table, a body). */
static uint32_t top_of(const struct facts *facts, uint32_t site)
{
	const uint32_t *site_of = facts->series->site_of[facts->graph_number];
	uint32_t top = site, path = facts->sites[site].path, between = 0;

	while (path != FACTS_NONE && (path = holders_parent(facts->holders, path)) != FACTS_NONE) {
		uint32_t above = site_of[facts->graph->paths[path].site];

		if (open_site(facts, above) && facts->sites[above].path == path) {
			top = above;
			between = 0;
		} else if (++between > 2) {
			break;
		}
	}
	return top;
}

static struct growing_list list_growing(const struct facts *facts)
{
	struct growing_list growing = {0};

	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		if (!open_site(facts, i))
			continue;
		MEM_GROW(growing.list, growing.count, growing.capacity);
		growing.list[growing.count++] = (struct growing){i, facts->graph ? top_of(facts, i) : i};
	}
	return growing;
}

/* Do two sites grow by the same number of blocks, interval by interval? */
static bool grow_together(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct series_point *x = facts->series->sites[a].points, *y = facts->series->sites[b].points;
	double difference = 0;

	for (size_t i = facts->start; i + 1 < facts->end; i++) {
		double dx = (double)x[i + 1].blocks - (double)x[i].blocks,
		       dy = (double)y[i + 1].blocks - (double)y[i].blocks;

		difference += fabs(dx - dy);
	}
	return difference <= 0.05 * fabs(facts->sites[a].growth_blocks);
}

/* Several that one block leads to and that come from one line, or that grow in step under one root, are one: the first of them
 * stands for all. */
static uint32_t beside(const struct facts *facts, uint32_t top, const struct growing_list *growing)
{
	uint32_t path = facts->sites[top].path, parent;

	if (path == FACTS_NONE)
		return top;
	parent = holders_parent(facts->holders, path);
	for (size_t i = 0; i < growing->count && growing->list[i].site < top; i++) {
		uint32_t other = growing->list[i].site, its_path = facts->sites[other].path;

		if (growing->list[i].top != other || its_path == FACTS_NONE ||
		    facts->graph->paths[its_path].root != facts->graph->paths[path].root)
			continue;
		if (grow_together(facts, top, other) ||
		    (parent != FACTS_NONE && holders_parent(facts->holders, its_path) == parent &&
		     facts_same_place(facts, top, other)))
			return other;
	}
	return top;
}

static void join_neighbours(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++) {
		uint32_t top = growing->list[i].site, first;

		if (growing->list[i].top != top || (first = beside(facts, top, growing)) == top)
			continue;
		for (size_t other = 0; other < growing->count; other++)
			if (growing->list[other].top == top)
				growing->list[other].top = first;
	}
}

/* Without a graph: those whose numbers of blocks grow in step. */
static void join_in_step(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++)
		for (size_t other = i + 1;
		     growing->list[i].top == growing->list[i].site && other < growing->count; other++)
			if (growing->list[other].top == growing->list[other].site &&
			    grow_together(facts, growing->list[i].site, growing->list[other].site))
				growing->list[other].top = growing->list[i].site;
}

/* Is it the program's own line that makes these blocks? */
static bool is_own(const struct facts *facts, uint32_t site)
{
	const struct profile_site *place = facts_place(facts, site);
	const struct snapshot *snapshot = facts->profile->snapshot;
	const char *module = place ? place->frames[place->blamed]->module_path : NULL;

	return module && snapshot->module_count && strcmp(module, snapshot->modules[0].path) == 0;
}

/* Records of the group's sites in the graph: first the one where it fans out, but a library's after the program's own lines. */
static size_t list_records(const struct group *group, uint32_t *records)
{
	const struct facts *facts = group->facts;
	size_t count = 0;

	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < group->count; i++) {
			uint32_t site = group->sites[i];
			int its_pass = (is_own(facts, site) ? 0 : 2) + (site == group->top ? 0 : 1);

			if (its_pass == pass && facts_record(facts, site) != FACTS_NONE)
				records[count++] = facts_record(facts, site);
		}
	return count;
}

/* Of all roots that lead to the group, the telling one; where the graph does not say, the one it was first reached from stays. */
static void name_holder(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	uint32_t *records = mem_zeroed(group->count + 1, sizeof *records);
	struct telling_root roots[TELLING_MOST];
	size_t count = list_records(group, records);

	count = telling_roots(facts->holders, facts->profile->snapshot, records, count, roots);
	free(records);
	if (!count)
		return;
	finding->holder = roots[0].holder;
	finding->path = roots[0].path;
	finding->other_count = count - 1;
	memcpy(finding->others, roots + 1, (count - 1) * sizeof *roots);
}

static void describe_group(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;

	if (group->path != FACTS_NONE)
		finding->holder = holders_by_path(facts->holders, group->path, &finding->path);
	name_holder(group, finding);
	cache_describes(group, finding);
	if (refcount_claims(facts, finding))
		return;
	listener_claims(group, finding);
	captured_claims(group, finding);
}

/* With how many intervals after the warm-up are there survivors? */
static void survivors_evidence(struct finding *finding)
{
	size_t with = 0;

	for (size_t i = 0; i < finding->generation_count; i++)
		with += finding->generations[i] > 0;
	if (finding->generation_count)
		finding_evidence(finding, "survivors of %zu of %zu intervals after the warm-up", with,
				 finding->generation_count);
}

/* That it stands still says nothing where the program does, too. */
static void idle_evidence(const struct facts *facts, struct finding *finding)
{
	double idle = facts->sites[finding->sites[0].site].idle;

	if (idle > 0)
		finding_evidence(
			finding,
			"it did not grow in the last %.1f s, in which the program %s hardly anything", idle,
			facts->work[facts->end - 1] > facts->work[facts->start] ? "did" : "allocated");
}

/* A bound of 128 small entries is nothing special; growth that has not passed that says little. */
static bool could_be_filling(const struct finding *finding)
{
	return (finding->kind == FINDING_GROWING || finding->kind == FINDING_GROWING_CACHE) &&
	       finding->growth_blocks < FEW_BLOCKS && finding->growth_bytes < FEW_BYTES;
}

static void note_small(struct diagnosis *diagnosis, const struct finding *finding)
{
	const struct profile_site *place = finding->sites[0].profile;
	const char *function = place ? place->frames[place->blamed]->function : NULL;

	diagnosis_note(diagnosis,
		       "%.0f blocks (%.0f bytes) of %s were added after the warm-up: too little to tell from "
		       "a cache "
		       "that fills; a longer run tells",
		       finding->growth_blocks, finding->growth_bytes,
		       function ? function : "a site without symbols");
}

static void add_group(struct facts *facts, struct diagnosis *diagnosis, const struct group *group)
{
	struct finding *finding = finding_new(facts->graph ? FINDING_GROWING_CACHE : FINDING_GROWING);

	if (!facts->graph)
		finding->confidence = 0.8;
	for (size_t i = 0; i < group->count; i++) {
		facts_add_site(facts, finding, group->sites[i]);
		facts->sites[group->sites[i]].used = true;
	}
	facts_complete(facts, finding);
	if (facts->graph)
		describe_group(group, finding);
	if (could_be_filling(finding)) {
		note_small(diagnosis, finding);
		finding_free(finding);
		return;
	}
	survivors_evidence(finding);
	idle_evidence(facts, finding);
	diagnosis_add(diagnosis, finding);
}

void groups_find(struct facts *facts, struct diagnosis *diagnosis)
{
	struct growing_list growing = list_growing(facts);
	uint32_t *members = mem_alloc((growing.count + 1) * sizeof *members);

	if (facts->graph)
		join_neighbours(facts, &growing);
	else
		join_in_step(facts, &growing);
	for (size_t i = 0; i < growing.count; i++) {
		uint32_t top = growing.list[i].site;
		struct group group = {
			.facts = facts, .top = top, .path = facts->sites[top].path, .sites = members};

		if (growing.list[i].top != top)
			continue;
		for (size_t other = 0; other < growing.count; other++)
			if (growing.list[other].top == top)
				members[group.count++] = growing.list[other].site;
		add_group(facts, diagnosis, &group);
	}
	free(growing.list);
	free(members);
}
