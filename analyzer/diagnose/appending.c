/*
 * Finds arrays that are appended to without end: realloc makes them larger in few, large steps, but
 * the part in use grows all the time.
 * Must not: judge parts that grow already.
 *
 * Facts: the bytes of a line's large blocks up to the last byte that is not zero rise steadily from
 * graph to graph, and the blocks have become larger meanwhile. Traps: many blocks that others
 * replace, fuller or emptier ones, are not an array; a ring, or a buffer that is emptied and keeps
 * its capacity, is in use up to its highest fill, which does not rise. A buffer of fixed size that
 * is being filled is bounded.
 */
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"

#define LEAST 4096.0 /* bytes; less growth is not reported */
#define ARRAYS 64    /* blocks of a line at most, */
#define STEPS 16     /* and reallocations of each block at most */

/* Adds up the bytes in use of a part's large blocks, by graph. */
struct counting {
	/* snapshots that have the figure */
	const uint32_t *graphs;
	size_t count, next;
	/* of the current part */
	double *used;
};

static void add_used(void *argument, size_t snapshot, const struct series_state *state)
{
	struct counting *counting = argument;

	if (counting->next < counting->count && counting->graphs[counting->next] == snapshot)
		counting->used[counting->next++] += (double)state->graph.used;
}

static double *count_used(const struct facts *facts, const uint32_t *graphs, size_t count)
{
	double *used = mem_zeroed(facts->parts->count * count + 1, sizeof *used);

	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		struct counting counting = {graphs, count, 0,
					    used + facts->parts->part_of[i] * count};

		series_walk(facts->series, i, add_used, &counting);
	}
	return used;
}

/* Returns true if the part has few blocks, which are seldom replaced. */
static bool may_be_arrays(const struct facts *facts, const struct part *part)
{
	const struct series_point *first = &part->points[facts->start],
				  *last = &part->points[facts->end - 1];

	return last->blocks <= ARRAYS &&
	       last->total_blocks - first->total_blocks <= STEPS * last->blocks;
}

static void judge_part(struct facts *facts, uint32_t number, const double *used,
		       const uint32_t *graphs, size_t count)
{
	const struct part *part = &facts->parts->list[number];
	struct facts_part *found = &facts->found[number];
	struct axes_figure figure = {.values = used,
				     .at = graphs,
				     .count = count,
				     .own = part->points,
				     .events = (used[count - 1] - used[0]) / LEAST};
	struct axes_judgement judged;

	if (found->grows || !may_be_arrays(facts, part) || used[count - 1] < used[0] + LEAST ||
	    parts_growth(facts->parts, part->points, true) < LEAST)
		return;
	judged = axes_judge(facts->axes, &figure);
	if (judged.growth.verdict != GROWTH_STEADY || judged.growth.total < LEAST)
		return;
	found->grows = found->in_bytes = found->appends = true;
	found->bytes = judged.growth;
	found->idle = judged.idle;
	found->growth_bytes = judged.growth.total;
}

void appending_judge(struct facts *facts)
{
	uint32_t *graphs = mem_alloc((facts->end + 1) * sizeof *graphs);
	double *used;
	size_t count = 0;

	for (size_t i = facts->start; i < facts->end; i++)
		if (facts->series->snapshots[i]->graph.summary.status == SILT_GRAPH_DONE &&
		    facts->series->snapshots[i]->graph.has_fill)
			graphs[count++] = (uint32_t)i;
	if (count > GROWTH_INTERVALS) {
		used = count_used(facts, graphs, count);
		for (uint32_t p = 0; p < facts->parts->count; p++)
			judge_part(facts, p, used + p * count, graphs, count);
		free(used);
	}
	free(graphs);
}
