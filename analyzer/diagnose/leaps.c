/*
 * Blocks that become larger in a few leaps, as arrays and strings that realloc doubles: do the
 * leaps keep step with the program's work?
 * Must not: add findings. Two leaps prove nothing, but are no proof that the run is clean either.
 *
 * Facts: what is appended to evenly and doubles when it is full leaps at times that double, too:
 * the bytes of one leap to those of the next are as the work between them. Traps: a buffer that
 * has found its size leaps no more, so the next leap becomes overdue; a table that has its bound
 * leaps until then, and what is in use of it rises no more between two graphs; a buffer for the
 * largest message so far leaps ever more seldom, and soon is overdue.
 */
#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/parts.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "silt_snapshot.h"

#define LEAP 1.3	/* times what there was */
#define LEVELS 3	/* to compare two leaps */
#define ALIKE 2.0	/* bytes for as much work, at most so many times those of the other leap */
#define OVERDUE 1.25	/* of the work to the next leap */
#define SAME_COUNT 0.06 /* of the blocks: that many more or fewer are as many */
#define WORK_LEAST 64	/* allocations, or iterations: less is no measure of work */
#define RISING 0.25	/* of what the leaps say, at least, is in use more from graph to graph */
#define USED_LEAST 4096.0 /* bytes of growth worth a word, if graphs tell how much is in use, */
#define LEAST 65536.0	  /* and if not */

struct leaps {
	size_t at[LEVELS]; /* snapshots with which a leap was over, the last one last */
	double bytes[LEVELS];
	size_t count; /* in all */
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

/* What stays smaller begins anew; one snapshot may have fallen between the free of an array and its
 * new place. A leap that takes more than a snapshot is one. */
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

/* How far the program has come, by snapshot. */
static const double *progress(const struct facts *facts)
{
	const struct axes *axes = facts->axes;
	const double *work = axes->counted ? axes->work : axes->made;

	return work[facts->end - 1] - work[facts->start] >= WORK_LEAST ? work : axes->seconds;
}

/* Bytes in use of a part in a graph. */
static double used_at(const struct facts *facts, const struct part *part, size_t snapshot)
{
	double used = 0;

	for (size_t i = 0; i < part->site_count; i++)
		used += (double)series_tally(facts->series, part->sites[i], snapshot).used;
	return used;
}

static bool tells_use(const struct facts *facts, size_t snapshot)
{
	const struct snapshot_graph *graph = &facts->series->snapshots[snapshot]->graph;

	return graph->summary.status == SILT_GRAPH_DONE && graph->has_fill;
}

/* Is ever more in use since the last leap? 1: yes, -1: no, 0: no two graphs tell. `rate`: bytes
 * for as much work, as the leaps say. */
static int use_rises(const struct facts *facts, const struct part *part, size_t since, double rate)
{
	size_t first = since, last = facts->end - 1;
	double before, after;

	while (first < last && !tells_use(facts, first))
		first++;
	while (last > first && !tells_use(facts, last))
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
