/*
 * Makes a finding of a group of parts that grow under one holder: who holds it, its shape, its
 * first call stack, its kind.
 * Must not: judge what grows, or what belongs together.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "diagnose/shape.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/root_ranking.h"
#include "util/mem.h"

/* Adds evidence of blocks that the graph saw no pointer to, but that were freed. */
static void hidden_evidence(const struct facts *facts, struct finding *finding)
{
	uint64_t hidden = 0;

	for (size_t i = 0; i < finding->part_count; i++)
		hidden += facts->found[finding->parts[i]].hidden;
	if (hidden)
		finding_evidence(
			finding,
			"%" PRIu64 " blocks that no pointer seemed to lead to were freed later: "
			"pointers to them are "
			"hidden (tagged, xored, compressed), and none of them is called lost",
			hidden);
}

/* Returns true if a line of the program itself makes these blocks. */
static bool is_own(const struct facts *facts, uint32_t part)
{
	const struct profile_site *place = facts_place(facts, part);
	const struct snapshot *snapshot = facts->profile->snapshot;
	const char *module = place ? place->frames[place->blamed]->module_path : NULL;

	return module && snapshot->module_count && strcmp(module, snapshot->modules[0].path) == 0;
}

#define LISTED_STACKS 64 /* call stacks of a part, the heaviest */

/* Lists records of a part's call stacks in the graph; only those of `class` if that is one of
 * its size classes. */
static size_t list_part(const struct facts *facts, uint32_t number, uint32_t class,
			uint32_t *records)
{
	const struct part *part = &facts->parts->list[number];
	size_t count = 0;

	for (size_t i = 0; i < part->site_count && i < LISTED_STACKS; i++) {
		uint32_t record = series_record(facts->series, part->sites[i], facts->graph_number);

		if (record != SERIES_NONE &&
		    (class == FACTS_NONE || facts->classes->of[record] == class))
			records[count++] = record;
	}
	return count;
}

/* Lists records of the group's parts in the graph: first the part where the group fans out, but
 * lines of a library after the program's own. */
static size_t list_records(const struct group *group, uint32_t class, uint32_t *records)
{
	size_t count = 0;

	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < group->count; i++) {
			uint32_t part = group->parts[i];
			int its_pass =
				(is_own(group->facts, part) ? 0 : 2) + (part == group->top ? 0 : 1);

			if (its_pass == pass)
				count += list_part(group->facts, part,
						   part == group->top ? class : FACTS_NONE,
						   records + count);
		}
	return count;
}

size_t group_roots(const struct group *group, uint32_t class,
		   struct ranked_root roots[RANKED_ROOTS])
{
	uint32_t *records = mem_zeroed(group->count * LISTED_STACKS + 1, sizeof *records);
	size_t count = list_records(group, class, records);

	count = root_ranking_best(group->facts->holders, group->facts->profile->snapshot, records,
				  count, roots);
	free(records);
	return count;
}

/* Names the object that the group is registered for before the library's registry. */
static void name_subject(const struct group *group, uint32_t class, struct finding *finding)
{
	const struct holder *registry = finding->holder;
	uint32_t *records = mem_zeroed(group->count * LISTED_STACKS + 1, sizeof *records);
	struct ranked_root roots[RANKED_ROOTS];
	size_t count = list_records(group, class, records);

	if (subject_roots(group->facts, registry, records, count, roots)) {
		char *name = holders_name(registry);

		finding_evidence(finding,
				 "a library has them in %s, by the address of the object that this "
				 "path leads to",
				 name);
		free(name);
		if (finding->other_count < RANKED_ROOTS)
			finding->other_count++;
		memmove(finding->others + 1, finding->others,
			(finding->other_count - 1) * sizeof *finding->others);
		finding->others[0] = (struct ranked_root){registry, finding->path, 1};
		finding->registry = registry;
		finding->holder = roots[0].holder;
		finding->path = roots[0].path;
	}
	free(records);
}

/* Names the best of the roots that lead to the group. If the graph does not say, keeps the root
 * that the group was first reached from. */
static void name_holder(const struct group *group, uint32_t class, struct finding *finding)
{
	struct ranked_root roots[RANKED_ROOTS];
	size_t count = group_roots(group, class, roots);

	if (count) {
		finding->holder = roots[0].holder;
		finding->path = roots[0].path;
		finding->other_count = count - 1;
		memcpy(finding->others, roots + 1, (count - 1) * sizeof *roots);
	}
	if (finding->holder)
		name_subject(group, class, finding);
}

/* Returns true if the last two fields of a path are equal, as in "bus.ends.forth->forth": the
 * head is a link itself. */
static bool starts_with_link(const char *path)
{
	const char *arrow = path, *next;
	size_t length;

	while ((next = strstr(arrow + 1, "->")) && !strchr("+", next[2]))
		arrow = next;
	if (arrow == path)
		return false;
	length = strcspn(arrow + 2, ".-[");
	return length && (size_t)(arrow - path) > length &&
	       strncmp(arrow - length, arrow + 2, length) == 0 &&
	       strchr(".>", arrow[-(ptrdiff_t)length - 1]);
}

static void describe_shape(const struct group *group, uint32_t class, struct finding *finding)
{
	if (class == FACTS_NONE)
		return;
	finding->shape = shape_of(group, class);
	if (finding->shape == SHAPE_DOUBLE_LIST && finding->path &&
	    starts_with_link(holders_path(group->facts->holders, finding->path)))
		finding->shape = SHAPE_RING;
}

#define AS_MANY 0.5 /* of the most that one part grew by: one block for each */

/* Returns true if a part grows by about as many blocks as the part that grew most, and a line of
 * the program itself makes it. */
static bool may_lead(const struct group *group, uint32_t part)
{
	double most = 0;

	for (size_t i = 0; i < group->count; i++) {
		double growth = group->facts->found[group->parts[i]].growth_blocks;

		most = growth > most ? growth : most;
	}
	return group->facts->found[part].growth_blocks >= AS_MANY * most &&
	       is_own(group->facts, part);
}

/* Returns the part that an array of subscriptions has most pointers to, one for each
 * subscription; FACTS_NONE. */
static uint32_t hung_from(const struct group *group, uint32_t array)
{
	const struct relations *relations = group->facts->relations;
	uint32_t best = FACTS_NONE;
	uint64_t most = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct relation *relation = relations_find(relations, array, group->parts[i]);

		if (relation && relation->count > most && may_lead(group, group->parts[i])) {
			most = relation->count;
			best = group->parts[i];
		}
	}
	return best;
}

/*
 * Returns the part that is named first. Of subscriptions it is what is registered: where the list
 * fans out, what carries the function, or what hangs from the array that carries it; the subscriber
 * is only kept alive. Otherwise it is the heaviest part, but the program's own line before a
 * library's line that makes as many blocks.
 */
static uint32_t lead_of(const struct group *group, const struct finding *finding)
{
	if (finding->kind == FINDING_LISTENER_LEAK) {
		uint32_t carrier = facts_part_of(group->facts, finding->callback->site), hung;

		if (may_lead(group, group->top))
			return group->top;
		for (size_t i = 0; i < group->count; i++)
			if (group->parts[i] == carrier && may_lead(group, carrier))
				return carrier;
		hung = hung_from(group, carrier);
		if (hung != FACTS_NONE)
			return hung;
	}
	for (size_t i = 0; i < finding->site_count; i++)
		if (may_lead(group, finding->sites[i].part))
			return finding->sites[i].part;
	return FACTS_NONE;
}

static void choose_lead(const struct group *group, struct finding *finding)
{
	uint32_t lead = finding->kind == FINDING_GROWING ||
					finding->kind == FINDING_GROWING_CACHE ||
					finding->kind == FINDING_LISTENER_LEAK
				? lead_of(group, finding)
				: FACTS_NONE;

	if (lead != FACTS_NONE)
		facts_lead(finding, lead);
}

static void describe_group(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	uint32_t class;

	hidden_evidence(facts, finding);
	if (group->path == FACTS_NONE)
		return;
	finding->holder = holders_by_path(facts->holders, group->path, &finding->path);
	class = shape_class(group);
	name_holder(group, class, finding);
	describe_shape(group, class, finding);
	cache_describes(group, finding);
	if (refcount_claims(facts, finding))
		return;
	listener_claims(group, finding);
	captured_claims(group, finding);
	choose_lead(group, finding);
}

static void doubt_add(struct facts_doubt *doubt, const struct finding *finding)
{
	doubt->count++;
	doubt->blocks += finding->growth_blocks;
	doubt->bytes += finding->growth_bytes;
	if (doubt->count > 1 && finding->growth_bytes <= doubt->most_bytes)
		return;
	doubt->most = finding->site_count ? finding->sites[0].profile : NULL;
	doubt->most_bytes = finding->growth_bytes;
}

void group_report(struct facts *facts, struct diagnosis *diagnosis, const struct group *group)
{
	struct finding *finding = finding_new(FINDING_GROWING);

	for (size_t i = 0; i < group->count; i++) {
		facts_add_part(finding, group->parts[i]);
		facts->found[group->parts[i]].used = true;
	}
	facts_complete(facts, finding);
	if (facts->graph)
		describe_group(group, finding);
	if (confidence_judge(facts, finding)) {
		diagnosis_add(diagnosis, finding);
		return;
	}
	doubt_add(&facts->doubt, finding);
	finding_free(finding);
}
