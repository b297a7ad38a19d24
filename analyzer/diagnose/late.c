/*
 * Notes growth that begins only at the end of a run: too short for a finding, but no proof that the
 * run is clean; and what a heap did when its process was killed.
 * Must not: add findings.
 */
#include <signal.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "load/snapshot.h"
#include "model/run_end.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/size.h"

/* -- parts that begin to grow late -- */

#define FIRST_TAIL 2 /* sixths of the time before the longest tail examined */
#define SIXTHS 6
#define LEAST_BLOCKS 8.0
#define FASTER 2.0 /* times the earlier rate */
/* share of the rise, at least, that is above all earlier values, young blocks included */
#define AS_HIGH 0.5
#define THIRDS 3
/* share of an even part of the rise that remains of the first two thirds of the tail */
#define LEFT 0.5

/* Returns true if of the blocks born in each of the first two thirds of a tail about as many
 * remain as of the last. A load that rises and falls replaces its blocks. */
static bool stays(const struct facts *facts, uint32_t part, size_t from, double rise)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	size_t length = facts->end - 1 - from;

	for (size_t t = 0; t + 1 < THIRDS; t++) {
		uint64_t first = snapshots[from + length * t / THIRDS]->process.generation + 1,
			 end = snapshots[from + length * (t + 1) / THIRDS]->process.generation + 1;

		if ((double)parts_survivors(facts->parts, part, first, end) < LEFT * rise / THIRDS)
			return false;
	}
	return true;
}

/* Returns blocks per second, of those that are older than an interval. */
static double rate_of(const struct facts *facts, const double *old, size_t from, size_t to)
{
	double time = facts->series->seconds[to] - facts->series->seconds[from];

	return time > 0 ? (old[to] - old[from]) / time : 0;
}

static bool grows_from(const struct facts *facts, uint32_t part, size_t from)
{
	const struct series_point *points = facts->parts->list[part].points;
	const double *old = facts->parts->list[part].old[0];
	size_t last = facts->end - 1;
	double highest = (double)points[from].blocks;
	struct growth growth = growth_judge(old, facts->series->seconds, from, facts->end);

	for (size_t i = facts->start; i < from; i++)
		if ((double)points[i].blocks > highest)
			highest = (double)points[i].blocks;
	return growth.verdict == GROWTH_STEADY && !growth.flat && growth.total >= LEAST_BLOCKS &&
	       (double)points[last].blocks - highest >= AS_HIGH * growth.total &&
	       rate_of(facts, old, from, last) >=
		       FASTER * rate_of(facts, old, facts->start, from) &&
	       stays(facts, part, from, growth.total);
}

bool late_begins(const struct facts *facts, uint32_t part)
{
	const double *seconds = facts->series->seconds;
	double first = seconds[facts->start], span = seconds[facts->end - 1] - first;
	size_t from = facts->start;

	if (!facts->parts->list[part].site_count)
		return false;
	for (int sixth = FIRST_TAIL; sixth < SIXTHS; sixth++) {
		while (from + 1 < facts->end && seconds[from] < first + span * sixth / SIXTHS)
			from++;
		if (grows_from(facts, part, from))
			return true;
	}
	return false;
}

/* -- the whole heap at the very end -- */

#define LEAST_RISE 65536.0
#define CUT_OFF 1.1 /* times all earlier values: what a signal cuts off in one step */
#define STEPS 3	    /* steps, if nothing is known of the end, */
#define DOUBLED 2.0 /* to so many times the value before */
#define MUCH 1048576.0

struct climb {
	/* snapshot at which it begins, and number of steps */
	size_t from, steps;
	double before, after;
	/* the highest value before */
	double highest;
};

/* Finds how the live heap rises to the last snapshot without a fall. */
static struct climb last_climb(const struct series *series, size_t start, size_t end)
{
	struct climb climb = {.from = end - 1};
	struct snapshot *const *snapshots = series->snapshots;

	climb.after = (double)snapshots[end - 1]->process.live_bytes;
	while (climb.from > start && snapshots[climb.from - 1]->process.live_bytes <
					     snapshots[climb.from]->process.live_bytes)
		climb.from--;
	climb.steps = end - 1 - climb.from;
	climb.before = (double)snapshots[climb.from]->process.live_bytes;
	for (size_t i = 0; i <= climb.from; i++)
		if ((double)snapshots[i]->process.live_bytes > climb.highest)
			climb.highest = (double)snapshots[i]->process.live_bytes;
	return climb;
}

/* Returns true if the signal is not one by which a user stops a program. */
static bool is_unwanted(int number)
{
	switch (number) {
	case SIGKILL:
	case SIGSEGV:
	case SIGBUS:
	case SIGABRT:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
	case SIGXCPU:
		return true;
	default:
		return false;
	}
}

static void note_climb(const struct facts *facts, struct diagnosis *diagnosis,
		       const struct climb *climb, const struct run_end *end)
{
	char before[SIZE_TEXT], after[SIZE_TEXT];
	const double *seconds = facts->series->seconds;

	size_format(before, climb->before, false);
	size_format(after, climb->after, false);
	if (end->known && is_unwanted(end->ended.signal))
		diagnosis_note(
			diagnosis,
			"inconclusive: signal %d (%s) ended it while its live heap rose, from %s "
			"at t = %.1f s to %s: too late in the run to judge; --growth SIZE takes a "
			"snapshot whenever the heap has grown by so much",
			end->ended.signal, strsignal(end->ended.signal), before,
			seconds[climb->from], after);
	else
		diagnosis_note(diagnosis,
			       "inconclusive: at last the live heap rose from %s at t = %.1f s to "
			       "%s, and was never higher: too late in the run to judge; run it "
			       "longer to confirm",
			       before, seconds[climb->from], after);
}

static void note_memory(struct diagnosis *diagnosis, const struct run_end *end)
{
	if (end->known)
		diagnosis_note(
			diagnosis,
			"inconclusive: it ran out of memory and was killed, %.1f s after the last "
			"snapshot: its last allocations may be missing; --growth SIZE takes "
			"a snapshot whenever the heap has grown by so much",
			end->seconds);
	else
		diagnosis_note(
			diagnosis,
			"inconclusive: it came near a memory limit, and how it ended is not known");
}

static bool is_leaking(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->findings[i]->confidence >= DIAGNOSIS_SURE)
			return true;
	return false;
}

static bool is_high(const struct climb *climb, bool unwanted)
{
	double rise = climb->after - climb->highest;

	return unwanted ? rise >= LEAST_RISE && climb->after >= CUT_OFF * climb->highest
			: climb->steps >= STEPS && rise >= MUCH &&
				  climb->after >= DOUBLED * climb->highest;
}

void late_note_end(struct facts *facts, struct diagnosis *diagnosis)
{
	bool enough = facts->end > facts->start + GROWTH_INTERVALS;
	struct climb climb = last_climb(facts->series, enough ? facts->start : 0, facts->end);
	struct run_end end;
	bool unwanted, of_memory;

	if (is_leaking(diagnosis))
		return;
	run_end_look(&end, facts->series);
	unwanted = end.known && is_unwanted(end.ended.signal);
	of_memory = end.known ? end.ended.out_of_memory : end.is_last;
	if ((enough || unwanted) && is_high(&climb, unwanted))
		note_climb(facts, diagnosis, &climb, &end);
	else if (of_memory)
		note_memory(diagnosis, &end);
	else
		return;
	facts->doubtful = true;
	diagnosis->cut_short = unwanted || of_memory;
}
