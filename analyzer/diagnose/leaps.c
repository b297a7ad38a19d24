/*
 * Judges blocks that become larger in a few leaps, such as arrays and strings that realloc doubles:
 * do the leaps keep step with the program's work?
 * Must not: add findings. Two leaps prove nothing, but prevent a clean verdict.
 *
 * Facts: an array that is appended to evenly and doubles when it is full leaps at times that
 * double, too: the bytes of successive leaps are in proportion to the work between them. Traps: a
 * buffer that has found its size leaps no more, so the next leap is overdue; a bounded table leaps
 * until it reaches its bound, and then what is in use of it does not rise between two graphs; a
 * buffer for the largest message so far leaps ever more seldom, and soon is overdue.
 */
#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/parts.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "silt_snapshot.h"

#define LEAP 1.3 /* times the bytes before */
#define LEVELS 3 /* leaps needed to compare two */
/* bytes for the same work differ at most by this factor between two leaps */
#define ALIKE 2.0
#define OVERDUE 1.25	/* times the work until the next leap */
#define SAME_COUNT 0.06 /* share of the blocks: a smaller difference does not count */
#define WORK_LEAST 64	/* allocations, or iterations: less does not measure work */
/* share of the leaps' rate, at least, by which the memory in use rises between graphs */
#define RISING 0.25
/* bytes; less growth is not reported if graphs show how much is in use, */
#define USED_LEAST 4096.0
#define LEAST 65536.0 /* and if they do not */

struct leaps {
	/* snapshots at which a leap was complete, the last one last */
	size_t at[LEVELS];
	double bytes[LEVELS];
	/* number of all leaps */
	size_t count;
};

static void push(struct leaps *leaps, size_t snapshot, double bytes)
{
	for (size_t i = 1; i < LEVELS; i++) {
		leaps->at[i - 1] = leaps->at[i];
		leaps->bytes[i - 1] = leaps->bytes[i];
	}
	leaps->at[LEVELS - 1] = snapshot;
	leaps->bytes[LEVELS - 1] = bytes;
	leaps->count++;
}

/* A fall that lasts begins a new series; a single snapshot may lie between the free of an array
 * and its new place. A leap over several snapshots is one leap. */
static struct leaps find_leaps(const struct facts *facts, const struct part *part)
{
	struct leaps leaps = {.count = 0};
	double level = 0;

	for (size_t i = 0; i < facts->end; i++) {
		double now = (double)part->points[i].bytes,
		       next = i + 1 < facts->end ? (double)part->points[i + 1].bytes : now;

		if (now * LEAP < level && next * LEAP < level)
			leaps.count = 0;
		else if (now <= 0 || now < level * LEAP)
			continue;
		if (leaps.count && leaps.at[LEVELS - 1] + 1 == i && now > level) {
			leaps.at[LEVELS - 1] = i;
			leaps.bytes[LEVELS - 1] = now;
		} else {
			push(&leaps, i, now);
		}
		level = now;
	}
	return leaps;
}

static bool same_count(const struct facts *facts, const struct part *part, size_t since)
{
	double first = (double)part->points[since].blocks,
	       last = (double)part->points[facts->end - 1].blocks,
	       most = first > last ? first : last;

	return (first > last ? first - last : last - first) <= SAME_COUNT * most;
}

/* Returns how far the program has come, by snapshot. */
static const double *progress(const struct facts *facts)
{
	const struct axes *axes = facts->axes;
	const double *work = axes->counted ? axes->work : axes->made;

	return work[facts->end - 1] - work[facts->start] >= WORK_LEAST ? work : axes->seconds;
}

/* Returns the bytes in use of a part in a graph. */
static double used_at(const struct facts *facts, const struct part *part, size_t snapshot)
{
	double used = 0;

	for (size_t i = 0; i < part->site_count; i++)
		used += (double)series_tally(facts->series, part->sites[i], snapshot).used;
	return used;
}

static bool shows_use(const struct facts *facts, size_t snapshot)
{
	const struct snapshot_graph *graph = &facts->series->snapshots[snapshot]->graph;

	return graph->summary.status == SILT_GRAPH_DONE && graph->has_fill;
}

/* Returns 1 if the memory in use has risen since the last leap, -1 if not, 0 if no two graphs
 * show it. `rate`: bytes for the same work, by the leaps. */
static int use_rises(const struct facts *facts, const struct part *part, size_t since, double rate)
{
	size_t first = since, last = facts->end - 1;
	double before, after;

	while (first < last && !shows_use(facts, first))
		first++;
	while (last > first && !shows_use(facts, last))
		last--;
	if (first >= last)
		return 0;
	before = used_at(facts, part, first);
	after = used_at(facts, part, last);
	if (before <= 0 || after <= 0)
		return 0;
	return after - before >= RISING * rate * (progress(facts)[last] - progress(facts)[first])
		       ? 1
		       : -1;
}

bool leaps_with_work(const struct facts *facts, uint32_t number)
{
	const struct part *part = &facts->parts->list[number];
	struct leaps leaps = find_leaps(facts, part);
	const size_t *at = leaps.at;
	const double *bytes = leaps.bytes, *axis = progress(facts);
	double earlier, later, first, second, rise;
	int rises;

	if (leaps.count < LEVELS || at[2] < facts->start || !same_count(facts, part, at[0]))
		return false;
	first = axis[at[1]] - axis[at[0]];
	second = axis[at[2]] - axis[at[1]];
	if (first <= 0 || second <= 0)
		return false;
	earlier = (bytes[1] - bytes[0]) / first;
	later = (bytes[2] - bytes[1]) / second;
	if (earlier <= 0 || later > ALIKE * earlier || earlier > ALIKE * later ||
	    axis[facts->end - 1] - axis[at[2]] >
		    OVERDUE * second * (bytes[2] - bytes[1]) / (bytes[1] - bytes[0]))
		return false;
	rises = use_rises(facts, part, at[2], (bytes[1] - bytes[0]) / second);
	rise = parts_growth(facts->parts, part->points, true);
	return rises >= 0 && rise >= (rises ? USED_LEAST : LEAST);
}
