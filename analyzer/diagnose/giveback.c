/*
 * Finds what climbs steadily and is then freed at once: a queue whose client goes away, a job whose
 * results are dropped at its end. The fall must not make the climb look clean.
 * Must not: report a cache that is flushed now and then; there is one climb and one fall.
 *
 * Looks at the live heap, and if that is not such a figure as a whole, at each line of the program.
 * A climb is always noted. It is a finding if the end of the load freed it: hardly any work
 * follows. A program that frees and works on has only done one job after another.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"

#define LEAST_RISE 65536.0 /* bytes of the live heap, */
#define LEAST_PART 1024.0  /* or bytes of one line */
#define LEAST_BLOCKS 32.0  /* and blocks: fewer may be chance */
#define LEAST_SHARE 0.1	   /* share of the peak that the rise is */
#define EARLIER_FALL 0.25  /* share of the rise: what fell so deeply before was flushed */
/* allocations a second after the fall, divided by those during the climb */
#define LITTLE_WORK 0.05
#define SHORT_TAIL 0.1 /* time after the fall, divided by that of the climb */
#define CONFIDENCE 0.6 /* the load may be meant to be kept until its end */
#define OF_A_LINE 0.55 /* may be a small cache that is flushed once */
#define MOST_SITES 8

struct climb {
	/* snapshots: the last before the fall, the first after it */
	size_t peak, after;
	/* bytes, from the warm-up to the peak */
	double rise;
};

static size_t find_peak(const double *values, size_t start, size_t end)
{
	size_t peak = start;

	for (size_t i = start; i < end; i++)
		if (values[i] >= values[peak])
			peak = i;
	return peak;
}

/* Returns the deepest fall below an earlier value, up to `end`. */
static double deepest_fall(const double *values, size_t end)
{
	double highest = values[0], deepest = 0;

	for (size_t i = 0; i < end; i++) {
		if (values[i] > highest)
			highest = values[i];
		if (highest - values[i] > deepest)
			deepest = highest - values[i];
	}
	return deepest;
}

static bool rises_again(const double *values, const struct climb *climb, size_t end)
{
	for (size_t i = climb->after; i < end; i++)
		if (values[i] > values[climb->after] + climb->rise / 2)
			return true;
	return false;
}

static bool is_steady(const double *values, const double *axis, size_t start, size_t end)
{
	struct growth growth = growth_judge(values, axis, start, end);

	return growth.verdict == GROWTH_STEADY && !growth.flat;
}

/* A climb is steady by the clock or by the allocations, because a busy machine slows a program
 * down. */
static bool find_climb(const struct facts *facts, const double *values, const double *allocated,
		       double least, struct climb *climb)
{
	size_t start = facts->start, end = facts->usable;

	climb->peak = find_peak(values, start, end);
	if (climb->peak < start + GROWTH_INTERVALS || climb->peak + 1 >= end)
		return false;
	climb->after = climb->peak + 1;
	if (climb->after + 1 < end && values[climb->after + 1] < values[climb->after])
		climb->after++; /* the snapshot was taken during the fall */
	climb->rise = values[climb->peak] - values[start];
	if (climb->rise < least || climb->rise < LEAST_SHARE * values[climb->peak] ||
	    values[climb->peak] - values[climb->after] < climb->rise ||
	    deepest_fall(values, climb->peak + 1) > EARLIER_FALL * climb->rise ||
	    rises_again(values, climb, end))
		return false;
	return is_steady(values, facts->series->seconds, start, climb->peak + 1) ||
	       is_steady(values, allocated, start, climb->peak + 1);
}

/* For one or few blocks that become larger, the bytes count. */
static bool is_more_than_chance(const struct facts *facts, const struct part *part,
				const struct climb *climb)
{
	double more = (double)part->points[climb->peak].blocks -
		      (double)part->points[facts->start].blocks;

	return more >= LEAST_BLOCKS || climb->rise >= LEAST_RISE;
}

static double blocks_a_second(const struct series *series, size_t from, size_t to)
{
	double seconds = series->seconds[to] - series->seconds[from];
	double blocks = (double)series->snapshots[to]->process.total_blocks -
			(double)series->snapshots[from]->process.total_blocks;

	return seconds > 0 ? blocks / seconds : 0;
}

static bool is_ended_by_load(const struct facts *facts, const struct climb *climb)
{
	const double *seconds = facts->series->seconds;
	size_t last = facts->usable - 1;
	double took = seconds[climb->peak] - seconds[facts->start],
	       interval = took / (double)(climb->peak - facts->start);

	return seconds[last] - seconds[climb->after] <= SHORT_TAIL * took + interval ||
	       blocks_a_second(facts->series, climb->after, last) <
		       LITTLE_WORK * blocks_a_second(facts->series, facts->start, climb->peak);
}

/* -- the finding -- */

static double fall_of(const struct part *part, const struct climb *climb)
{
	return (double)part->points[climb->peak].bytes - (double)part->points[climb->after].bytes;
}

static void add_part(const struct facts *facts, struct finding *finding, uint32_t number,
		     const struct climb *climb)
{
	const struct part *part = &facts->parts->list[number];
	const struct series_point *from = &part->points[facts->start],
				  *to = &part->points[climb->peak];

	MEM_GROW(finding->sites, finding->site_count, finding->site_capacity);
	finding->sites[finding->site_count++] =
		(struct finding_site){.site = part->sites[0],
				      .part = number,
				      .growth_blocks = (double)to->blocks - (double)from->blocks,
				      .growth_bytes = (double)to->bytes - (double)from->bytes,
				      .live_blocks = to->blocks,
				      .live_bytes = to->bytes,
				      .profile = facts_place(facts, number)};
	finding->growth_blocks += (double)to->blocks - (double)from->blocks;
	finding->growth_bytes += (double)to->bytes - (double)from->bytes;
	finding->live_blocks += to->blocks;
	finding->live_bytes += to->bytes;
	finding->stacks += part->site_count;
}

static int compare_sites(const void *a, const void *b)
{
	const struct finding_site *x = a, *y = b;

	if (x->growth_bytes != y->growth_bytes)
		return x->growth_bytes < y->growth_bytes ? 1 : -1;
	return x->part < y->part ? -1 : x->part > y->part;
}

/* Describes all parts that have a share in the fall, or `only` one. */
static struct finding *describe(const struct facts *facts, const struct climb *climb, uint32_t only)
{
	struct finding *finding = finding_new(FINDING_GROWING);
	double seconds = facts->series->seconds[climb->peak] - facts->series->seconds[facts->start];

	for (uint32_t i = 0; i < facts->parts->count; i++) {
		const struct part *part = &facts->parts->list[i];

		if (!facts->found[i].used && part->site_count &&
		    (only == PARTS_NONE ? fall_of(part, climb) >= climb->rise / 20 : i == only))
			add_part(facts, finding, i, climb);
	}
	if (!finding->site_count) {
		finding_free(finding);
		return NULL;
	}
	qsort(finding->sites, finding->site_count, sizeof *finding->sites, compare_sites);
	if (finding->site_count > MOST_SITES)
		finding->site_count = MOST_SITES;
	finding->freed_seconds = facts->series->seconds[climb->after];
	finding->bytes_per_second = seconds > 0 ? finding->growth_bytes / seconds : 0;
	finding->confidence = climb->rise < LEAST_RISE ? OF_A_LINE : CONFIDENCE;
	finding_evidence(finding,
			 "it rose steadily for %.1f s, and hardly any work came after it was freed",
			 seconds);
	return finding;
}

/* Returns true if the program's end, not its load's, freed the memory: no snapshot after the
 * peak was taken while it ran. */
static bool is_ended_by_exit(const struct facts *facts, const struct climb *climb)
{
	for (size_t i = climb->peak + 1; i < facts->usable; i++)
		switch (facts->series->snapshots[i]->process.trigger) {
		case SILT_TRIGGER_EXIT:
		case SILT_TRIGGER_KILLED:
		case SILT_TRIGGER_ENDING:
			continue;
		default:
			return false;
		}
	return true;
}

/* Marks what other rules have found as freed. If only the end of the program freed it, those
 * findings suffice. */
static bool mark_found(const struct facts *facts, struct diagnosis *diagnosis,
		       const struct climb *climb)
{
	bool marked = false;

	for (size_t i = 0; i < diagnosis->count; i++) {
		struct finding *finding = diagnosis->findings[i];
		double fell = 0;

		for (size_t s = 0; s < finding->site_count; s++)
			fell += fall_of(&facts->parts->list[finding->sites[s].part], climb);
		if (!finding->site_count || fell < finding->growth_bytes / 2)
			continue;
		marked = true;
		if (is_ended_by_exit(facts, climb))
			continue;
		finding->freed_seconds = facts->series->seconds[climb->after];
		finding_evidence(finding, "hardly any work came after it was freed");
	}
	return marked;
}

static void report(const struct facts *facts, struct diagnosis *diagnosis,
		   const struct climb *climb, uint32_t only)
{
	const struct series *series = facts->series;
	double peak = only == PARTS_NONE
			      ? (double)series->snapshots[climb->peak]->process.live_bytes
			      : (double)facts->parts->list[only].points[climb->peak].bytes;
	struct finding *finding;
	char text[SIZE_TEXT];

	diagnosis_note(diagnosis, "%s%s grew to %s until t = %.1f s, then %s freed at once",
		       only == PARTS_NONE ? "the live heap" : "what is allocated in ",
		       only == PARTS_NONE ? "" : facts_function(facts, only),
		       size_format(text, peak, false), series->seconds[climb->peak],
		       only == PARTS_NONE ? "most of it was" : "was");
	if (!is_ended_by_load(facts, climb) || mark_found(facts, diagnosis, climb))
		return;
	finding = describe(facts, climb, only);
	if (finding)
		diagnosis_add(diagnosis, finding);
}

void giveback_find(const struct facts *facts, struct diagnosis *diagnosis)
{
	double *values = mem_zeroed(facts->series->count, sizeof *values),
	       *allocated = mem_zeroed(facts->series->count, sizeof *allocated);
	uint32_t most = PARTS_NONE;
	struct climb climb, best = {0};

	for (size_t i = 0; i < facts->series->count; i++) {
		values[i] = (double)facts->series->snapshots[i]->process.live_bytes;
		allocated[i] = (double)facts->series->snapshots[i]->process.total_blocks;
	}
	if (find_climb(facts, values, allocated, LEAST_RISE, &climb)) {
		report(facts, diagnosis, &climb, PARTS_NONE);
		goto out;
	}
	for (uint32_t p = 0; p < facts->parts->count; p++) {
		const struct part *part = &facts->parts->list[p];

		if (facts->found[p].used || !part->site_count)
			continue;
		for (size_t i = 0; i < facts->series->count; i++)
			values[i] = (double)part->points[i].bytes;
		if (find_climb(facts, values, allocated, LEAST_PART, &climb) &&
		    is_more_than_chance(facts, part, &climb) && climb.rise > best.rise) {
			best = climb;
			most = p;
		}
	}
	if (most != PARTS_NONE)
		report(facts, diagnosis, &best, most);
out:
	free(values);
	free(allocated);
}
