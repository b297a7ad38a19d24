/*
 * How a group of parts that grow under one holder is told: by whom it is held, in what shape, which
 * of its call stacks comes first, of what kind it is.
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
#include "model/telling.h"
#include "util/mem.h"

/* Blocks that the graph saw no pointer to, and that were freed none the less. */
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

/* Is it the program's own line that makes these blocks? */
static bool is_own(const struct facts *facts, uint32_t part)
{
	const struct profile_site *place = facts_place(facts, part);
	const struct snapshot *snapshot = facts->profile->snapshot;
	const char *module = place ? place->frames[place->blamed]->module_path : NULL;

	return module && snapshot->module_count && strcmp(module, snapshot->modules[0].path) == 0;
}

#define LISTED_STACKS 64 /* of a part, the heaviest */

/* Records of a part's call stacks in the graph; if `class` is one of its size classes, of that. */
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

/* Records of the group's parts in the graph: first the one where it fans out, but a library's
 * after the program's own lines. */
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

/* The roots that lead to the group, the telling one first; how many. */
size_t group_roots(const struct group *group, uint32_t class,
		   struct telling_root roots[TELLING_MOST])
{
	uint32_t *records = mem_zeroed(group->count * LISTED_STACKS + 1, sizeof *records);
	size_t count = list_records(group, class, records);

	count = telling_roots(group->facts->holders, group->facts->profile->snapshot, records,
			      count, roots);
	free(records);
	return count;
}

/* Of all roots that lead to the group, the telling one; where the graph does not say, the one
 * it was first reached from stays. */
static void name_holder(const struct group *group, uint32_t class, struct finding *finding)
{
	struct telling_root roots[TELLING_MOST];
	size_t count = group_roots(group, class, roots);

	if (!count)
		return;
	finding->holder = roots[0].holder;
	finding->path = roots[0].path;
	finding->other_count = count - 1;
	memcpy(finding->others, roots + 1, (count - 1) * sizeof *roots);
}

/* The last two fields of "bus.ends.forth->forth" are one: the head is a link itself. */
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

#define AS_MANY 0.5 /* of the most that one part grew by: there is one for each */

/* Does a part grow by about as many blocks as the one that grew by most, and does a line of the
 * program's own make it? */
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

/* What an array of subscriptions has most pointers to: one for each; FACTS_NONE. */
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
 * Which of the sites is named first. Of subscriptions what is registered: where the list fans out,
 * or what carries the function, or hangs from the array that does; the subscriber is only kept
 * alive. Else the heaviest; but the program's own line before one of a library that makes as many.
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

void group_tell(struct facts *facts, struct diagnosis *diagnosis, const struct group *group)
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
