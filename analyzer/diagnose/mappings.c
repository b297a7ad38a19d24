/*
 * growing, outside malloc: memory that the program maps itself and never unmaps.
 *
 * Facts: the address space of the mappings of one name, and what is resident of it, both rise to
 * the end; malloc has no blocks in them. The call stacks that map it are reported if they are
 * recorded (mappers.c), else the name. If only resident memory rises, the program touches pages
 * that were mapped before: a note, not a finding. Traps: stacks of threads are such mappings, also
 * of threads that ended and are not joined: if the number of threads grows in the same way, and no
 * more is mapped than their stacks, the threads are the cause. Arenas are reserved long before they
 * are used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/mappers.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/words.h"

#define LEAST MAPPERS_LEAST
/* share of what was added to the mappings of a name that call stacks explain */
#define EXPLAINED 0.5
/* mappings of a thread: its stack, the guard page below, and seldom an arena */
#define PER_THREAD 2.5

static bool same(const struct snapshot_mapping *a, const struct snapshot_mapping *b)
{
	return a->record.kind == b->record.kind && strcmp(a->name, b->name) == 0;
}

static const struct snapshot_mapping *find(const struct snapshot *snapshot,
					   const struct snapshot_mapping *wanted)
{
	for (uint64_t i = 0; i < snapshot->mapping_count; i++)
		if (same(&snapshot->mappings[i], wanted))
			return &snapshot->mappings[i];
	return NULL;
}

/* Returns the number of mappings of this name that were added. */
static double added(const struct facts *facts, const struct snapshot_mapping *mapping)
{
	const struct snapshot_mapping *before =
		find(facts->series->snapshots[facts->start], mapping);

	return (double)mapping->record.count - (before ? (double)before->record.count : 0);
}

static struct growth judge(const struct facts *facts, const struct snapshot_mapping *mapping,
			   bool resident)
{
	const struct series *series = facts->series;
	double *values = mem_zeroed(series->count, sizeof *values);
	uint32_t *at = mem_zeroed(series->count, sizeof *at);
	struct axes_figure figure = {.values = values, .at = at, .events = added(facts, mapping)};
	struct growth growth;

	for (size_t i = facts->start; i < facts->end; i++) {
		const struct snapshot_mapping *then = find(series->snapshots[i], mapping);

		if (!series->snapshots[i]->mapping_count)
			continue;
		if (then)
			values[figure.count] =
				(double)(resident ? then->record.resident : then->record.size);
		at[figure.count++] = (uint32_t)i;
	}
	growth = axes_judge(facts->axes, &figure).growth;
	free(values);
	free(at);
	return growth;
}

static const char *name_of(const struct snapshot_mapping *mapping)
{
	return mapping->name[0] ? mapping->name : "anonymous memory";
}

static void report(const struct facts *facts, struct diagnosis *diagnosis,
		   const struct snapshot_mapping *mapping, const struct growth *size,
		   const struct growth *resident)
{
	const struct snapshot_mapping *before =
		find(facts->series->snapshots[facts->start], mapping);
	struct finding *finding = finding_new(FINDING_GROWING);

	finding->mapping = mapping;
	finding->confidence = 0.7;
	finding->growth_bytes = resident->total;
	finding->bytes_per_second = resident->rate;
	finding->live_bytes = mapping->record.resident;
	finding_evidence(
		finding,
		"outside malloc: %s, %" PRIu32 " mapping%s, before %" PRIu32
		"; their address space grew by %.1f MiB, what is resident of it by %.1f MiB",
		name_of(mapping), mapping->record.count, words_s(mapping->record.count),
		before ? before->record.count : 0, size->total / 1048576,
		resident->total / 1048576);
	diagnosis_add(diagnosis, finding);
}

static bool may_be_stacks(const struct snapshot_mapping *mapping)
{
	return mapping->record.kind == SILT_MAPPING_ANONYMOUS && !mapping->name[0];
}

/* Returns true if there are ever more threads, and no more mappings than they need. One or two
 * threads more do not explain growth to the end. */
static bool are_stacks(const struct facts *facts, const struct snapshot_mapping *mapping)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	double *values, more;
	struct growth growth;

	if (!may_be_stacks(mapping))
		return false;
	values = mem_zeroed(facts->series->count, sizeof *values);
	for (size_t i = facts->start; i < facts->end; i++)
		values[i] = (double)snapshots[i]->process.threads;
	more = values[facts->end - 1] - values[facts->start];
	growth = axes_judge(facts->axes, &(struct axes_figure){.values = values, .events = more})
			 .growth;
	free(values);
	return growth.verdict == GROWTH_STEADY && added(facts, mapping) <= PER_THREAD * more;
}

/* Returns the finding of threads whose stacks these mappings can be; NULL: there is none. */
static struct finding *find_threads(const struct facts *facts, const struct diagnosis *diagnosis,
				    const struct snapshot_mapping *mapping)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->findings[i]->kind == FINDING_THREAD_LEAK && may_be_stacks(mapping) &&
		    added(facts, mapping) <= PER_THREAD * (double)diagnosis->findings[i]->threads)
			return diagnosis->findings[i];
	return NULL;
}

static void add_stacks(struct finding *threads, const struct growth *resident)
{
	finding_evidence(threads, "their stacks: %.1f MiB more are resident",
			 resident->total / 1048576);
	threads->growth_bytes += resident->total;
	threads->bytes_per_second += resident->rate;
}

/* Skips snapshots of a process that is about to end, which has no mappings left. */
static const struct snapshot *last_mapped(const struct facts *facts)
{
	size_t i = facts->end - 1;

	while (i > facts->start && !facts->series->snapshots[i]->mapping_count)
		i--;
	return facts->series->snapshots[i];
}

/* -- memory outside the heap, growing or not -- */

#define OUTSIDE_LEAST (64 << 20) /* bytes; less is not reported, */
#define OUTSIDE_SHARE 0.5	 /* nor a smaller share of resident memory */
#define NAMED 3

static bool is_outside(const struct snapshot_mapping *mapping)
{
	return mapping->record.kind == SILT_MAPPING_ANONYMOUS ||
	       mapping->record.kind == SILT_MAPPING_FILE;
}

static int compare_resident(const void *a, const void *b)
{
	const struct snapshot_mapping *x = *(const struct snapshot_mapping *const *)a,
				      *y = *(const struct snapshot_mapping *const *)b;

	return x->record.resident < y->record.resident ? 1
						       : -(x->record.resident > y->record.resident);
}

/* Notes on one line which mappings it is. */
static void note_outside(const struct facts *facts, const struct snapshot *last,
			 struct diagnosis *diagnosis)
{
	const struct snapshot_mapping **outside =
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		mem_zeroed(last->mapping_count + 1, sizeof *outside);
	char names[400] = "";
	const struct profile_site *most;
	const char *function;
	size_t count = 0, length = 0;
	double bytes = 0, mapped;

	for (uint64_t i = 0; i < last->mapping_count; i++)
		if (is_outside(&last->mappings[i])) {
			outside[count++] = &last->mappings[i];
			bytes += (double)last->mappings[i].record.resident;
		}
	// NOLINTNEXTLINE(bugprone-sizeof-expression)
	qsort(outside, count, sizeof *outside, compare_resident);
	for (size_t i = 0; i < count && i < NAMED && length < sizeof names; i++)
		length += (size_t)snprintf(names + length, sizeof names - length, "%s%s %.1f MiB",
					   i ? ", " : "", name_of(outside[i]),
					   (double)outside[i]->record.resident / 1048576);
	free(outside);
	if (bytes < OUTSIDE_LEAST || bytes < OUTSIDE_SHARE * (double)last->process.rss_bytes)
		return;
	most = mappers_most(facts, &mapped);
	function = most ? most->frames[most->blamed]->function : NULL;
	if (function && mapped >= OUTSIDE_LEAST && length < sizeof names)
		snprintf(names + length, sizeof names - length, "; %s has mapped %.1f MiB",
			 function, mapped / 1048576);
	diagnosis_note(diagnosis, "%.1f of %.1f MiB resident are outside malloc's heap: %s",
		       bytes / 1048576, (double)last->process.rss_bytes / 1048576, names);
}

void mappings_find(struct facts *facts, struct diagnosis *diagnosis)
{
	const struct snapshot *last = last_mapped(facts);
	double explained = mappers_find(facts, diagnosis);

	for (uint64_t i = 0; i < last->mapping_count; i++) {
		const struct snapshot_mapping *mapping = &last->mappings[i];
		struct growth size, resident;
		struct finding *threads;

		if (!is_outside(mapping))
			continue;
		resident = judge(facts, mapping, true);
		if (resident.verdict != GROWTH_STEADY || resident.total < LEAST)
			continue;
		size = judge(facts, mapping, false);
		threads = find_threads(facts, diagnosis, mapping);
		if (threads)
			add_stacks(threads, &resident);
		else if (size.verdict == GROWTH_STEADY && explained > EXPLAINED * size.total)
			continue;
		else if (size.verdict == GROWTH_STEADY && size.total >= LEAST &&
			 !are_stacks(facts, mapping))
			report(facts, diagnosis, mapping, &size, &resident);
		else
			diagnosis_note(diagnosis,
				       "%.1f MiB more of %s became resident after the warm-up, "
				       "outside malloc: "
				       "%s",
				       resident.total / 1048576, name_of(mapping),
				       are_stacks(facts, mapping)
					       ? "stacks of more threads"
					       : "pages touched that were mapped before");
	}
	note_outside(facts, last, diagnosis);
}
