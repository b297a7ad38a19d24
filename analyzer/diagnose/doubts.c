/*
 * Notes what is not a finding, but prevents a clean verdict: growth that is small, that slows down,
 * of blocks that are replaced all the time, or in a few leaps.
 * Must not: add findings.
 */
#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/holders.h"
#include "model/series.h"

/* Returns the part with most bytes of those that a rule applies to; FACTS_NONE: there is none. */
static uint32_t largest(const struct facts *facts, bool (*is_one)(const struct facts *, uint32_t))
{
	uint32_t most = FACTS_NONE;

	for (uint32_t i = 0; i < facts->parts->count; i++)
		if (!facts->found[i].grows && !facts->found[i].is_lost && !facts->found[i].used &&
		    !facts->found[i].carries && is_one(facts, i) && facts_place(facts, i) &&
		    (most == FACTS_NONE ||
		     facts->found[i].growth_bytes > facts->found[most].growth_bytes))
			most = i;
	return most;
}

static void note_little(struct facts *facts, struct diagnosis *diagnosis)
{
	const struct facts_doubt *doubt = &facts->doubt;

	if (!doubt->count)
		return;
	facts->doubtful = true;
	diagnosis_note(
		diagnosis,
		"inconclusive: %.0f blocks (%.0f bytes) of %s%s were added after the warm-up: too "
		"few to distinguish from a cache that fills; run longer to confirm",
		doubt->blocks, doubt->bytes, facts_name(doubt->most),
		doubt->count > 1 ? " and others" : "");
}

/* -- growth that slows down -- */

#define SLOWLY 0.1	 /* of the mean step, in every segment */
#define STILL_FILLS 0.25 /* of the mean step: so much is not noise */
#define STILL_FILLS_BLOCKS 16

#define AT_LAST 6	   /* the last sixth of the time, */
#define AT_LAST_SHARE 0.02 /* which still has so much of the growth */

/* Returns true if the part rises to the end as evenly as the program allocates: then the program
 * or the machine slows down. Not if blocks were freed to the end, because then the program
 * worked on. */
static bool slows_with_the_program(const struct facts *facts, uint32_t part)
{
	const struct axes *axes = facts->axes;
	const double *old = facts->parts->list[part].old[0], *seconds = axes->seconds;
	size_t last = facts->end - 1, late = last;
	struct growth growth;

	while (late > facts->start && (seconds[last] - seconds[late - 1]) * AT_LAST <=
					      seconds[last] - seconds[facts->start])
		late--;
	if (axes->counted || (facts->found[part].full && axes->work[last] > axes->work[late]))
		return false;
	growth = axes_along_made(axes, old);
	return growth.verdict == GROWTH_STEADY && !growth.flat && growth.weakest >= SLOWLY &&
	       growth.total >= STILL_FILLS_BLOCKS &&
	       old[last] - old[late] >= AT_LAST_SHARE * growth.total;
}

static bool fills(const struct facts *facts, uint32_t part)
{
	const struct facts_part *found = &facts->found[part];

	return (!found->full && found->blocks.verdict == GROWTH_SATURATING &&
		found->blocks.weakest > SLOWLY) ||
	       slows_with_the_program(facts, part);
}

/* Returns true if the rise is more than noise. */
static bool fills_for_sure(const struct facts *facts, uint32_t part)
{
	const struct growth *blocks = &facts->found[part].blocks;

	return (!facts->found[part].full && blocks->verdict == GROWTH_SATURATING &&
		blocks->weakest >= STILL_FILLS && blocks->total >= STILL_FILLS_BLOCKS) ||
	       slows_with_the_program(facts, part);
}

static bool is_full(const struct facts *facts, uint32_t part)
{
	return facts->found[part].full && !slows_with_the_program(facts, part);
}

/* -- blocks that are replaced -- */

static bool turns_over(const struct facts *facts, uint32_t part)
{
	return facts->found[part].turns_over;
}

static bool replaces(const struct facts *facts, uint32_t part)
{
	return facts->found[part].replaces;
}

static bool replaces_hidden(const struct facts *facts, uint32_t part)
{
	return facts->found[part].replaces_hidden;
}

static bool leaves_some(const struct facts *facts, uint32_t part)
{
	return facts->found[part].has_floor;
}

/* -- the table of doubts -- */

struct doubt {
	/* the largest part that this applies to is named */
	bool (*is_one)(const struct facts *facts, uint32_t part);
	/* only a note: the run may be clean */
	bool harmless;
	/* of one group with the row above; left out if a row of its group has a part */
	bool or_else;
	/* text before and after the name of the function */
	const char *before, *after;
};

#define STILL_RISE                                                                                 \
	"still rise, though ever more slowly: a cache that fills, or a leak under less and less "  \
	"load; run longer to confirm, or call silt_iteration()"

static const struct doubt doubts[] = {
	{fills_for_sure, false, false, "blocks of", STILL_RISE},
	{fills, true, true, "blocks of", STILL_RISE},
	{is_full, true, false, "what",
	 "keeps grew evenly, and stood still at the end while the program worked on: a cache that "
	 "is full by now; if this is not a cache, run longer to confirm"},
	{turns_over, false, false, "blocks of",
	 "grow in number, though each of them is replaced in time: a queue that is filled "
	 "faster than it is emptied, or a load that rises; run longer under an even load to "
	 "confirm"},
	{replaces, false, false, "blocks of",
	 "take the place of others, one for one: it is unknown what they do when all of those are "
	 "gone; run longer, until they are"},
	{replaces_hidden, false, false, "blocks of",
	 "take the place of others, one for one, and the heap graph sees no pointer to either: "
	 "such pointers are hidden (tagged, xored, compressed), and it is unknown whether any are "
	 "lost"},
	{late_begins, false, false, "blocks of",
	 "pile up only in the last part of the run, to its end: a leak that began late, or a load "
	 "that did; run longer to confirm"},
	{sweeps_leave_more, false, false, "what",
	 "keeps was swept two or three times only, and each sweep left more: run longer to see "
	 "whether the floor rises or the load"},
	{leaves_some, false, true, "blocks of",
	 "come and go, but of those of each part of the time some stayed: run longer to confirm, "
	 "or call silt_iteration()"},
	{steps_become_larger, false, false, "what",
	 "keeps became larger again and again, in steps, the last of them after the warm-up: an "
	 "array that is appended to, or one that has its final size now; run longer to confirm"},
	{steps_add_blocks, false, true, "blocks of",
	 "are added one by one, evenly to the end, and none is ever freed: too few to tell from a "
	 "pool that fills; run longer to confirm"},
	{leaps_with_work, false, true, "blocks of",
	 "became larger in leaps that keep step with the work: arrays that are appended to would; "
	 "run longer to confirm, or with --graph all, which shows how much of them is in use"},
};

/* A note that is the reason for the verdict begins with "inconclusive". */
static void note_part(struct facts *facts, struct diagnosis *diagnosis, const struct doubt *doubt,
		      uint32_t part)
{
	bool reason = !doubt->harmless && !diagnosis->count;

	facts->doubtful = facts->doubtful || !doubt->harmless;
	diagnosis_note(diagnosis, "%s%s %s %s", reason ? "inconclusive: " : "", doubt->before,
		       facts_function(facts, part), doubt->after);
}

/* The table that a finding's entries hang from grows with them: no doubt of its own. */
static void mark_carriers(struct facts *facts)
{
	for (uint32_t p = 0; p < facts->parts->count; p++) {
		uint32_t path = facts->found[p].path;

		while (facts->found[p].used && path != FACTS_NONE &&
		       (path = holders_parent(facts->holders, path)) != FACTS_NONE) {
			uint32_t above = facts_part_of(facts, facts->graph->paths[path].site);

			if (above != FACTS_NONE)
				facts->found[above].carries = true;
		}
	}
}

void doubts_note(struct facts *facts, struct diagnosis *diagnosis)
{
	bool noted = false; /* by the group */

	mark_carriers(facts);
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
		uint32_t part;

		noted = noted && doubts[i].or_else;
		part = noted ? FACTS_NONE : largest(facts, doubts[i].is_one);
		if (part == FACTS_NONE)
			continue;
		noted = true;
		note_part(facts, diagnosis, &doubts[i], part);
	}
	note_little(facts, diagnosis);
}
