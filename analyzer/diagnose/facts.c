/*
 * Answers questions of rules about the facts, and fills findings from them: see facts.h.
 */
#include "diagnose/facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/parts.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

/* -- building findings -- */

void diagnosis_add(struct diagnosis *diagnosis, struct finding *finding)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	MEM_GROW(diagnosis->findings, diagnosis->count, diagnosis->capacity);
	diagnosis->findings[diagnosis->count++] = finding;
}

void diagnosis_note(struct diagnosis *diagnosis, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = mem_vformat(format, arguments);
	va_end(arguments);
	MEM_GROW(diagnosis->notes, diagnosis->note_count, diagnosis->note_capacity);
	diagnosis->notes[diagnosis->note_count++] = text;
}

const struct profile_site *facts_place(const struct facts *facts, uint32_t part)
{
	uint32_t number = facts->graph ? facts->graph_number : (uint32_t)facts->end - 1;

	for (size_t i = 0; i < facts->parts->list[part].site_count; i++) {
		uint32_t record =
			series_record(facts->series, facts->parts->list[part].sites[i], number);

		if (record != SERIES_NONE)
			return &facts->profile->sites[record];
	}
	return NULL;
}

bool facts_same_place(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct profile_site *x = facts_place(facts, a), *y = facts_place(facts, b);
	const struct frame *i, *j;

	if (!x || !y)
		return false;
	i = x->frames[x->blamed];
	j = y->frames[y->blamed];
	if (i->file && j->file) /* a line may be inlined in several places */
		return i->line == j->line && strcmp(i->file, j->file) == 0;
	return i->module_path && j->module_path && strcmp(i->module_path, j->module_path) == 0 &&
	       i->address == j->address && i->line == j->line;
}

void facts_correct_growth(struct facts_part *part, double rise, double size)
{
	double swing = 2 * sqrt(rise > 0 ? rise : 0); /* what chance explains */

	if (fabs(part->growth_blocks - rise) <= rise / 4 + swing && part->growth_bytes > 0)
		return;
	part->growth_blocks = rise;
	part->growth_bytes = rise * size;
}

static uint64_t less(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

void facts_add_part(struct finding *finding, uint32_t part)
{
	MEM_GROW(finding->parts, finding->part_count, finding->part_capacity);
	finding->parts[finding->part_count++] = part;
}

/* call stacks shown of a finding, the heaviest; each part shows at least one */
#define SHOWN_STACKS 8

/* Returns the site of a call stack. If the part has only one call stack, takes the part's
 * figures. */
static struct finding_site site_of_part(const struct facts *facts, uint32_t number, size_t i)
{
	const struct part *part = &facts->parts->list[number];
	const struct facts_part *found = &facts->found[number];
	uint32_t snapshot = facts->graph ? facts->graph_number : (uint32_t)facts->end - 1;
	struct series_point first = series_point(facts->series, part->sites[i], facts->start),
			    last = series_point(facts->series, part->sites[i], facts->end - 1);
	uint32_t record = series_record(facts->series, part->sites[i], snapshot);
	bool whole = part->site_count == 1;
	struct finding_site site = {.site = part->sites[i], .part = number};

	site.growth_blocks =
		whole ? found->growth_blocks : (double)last.blocks - (double)first.blocks;
	site.growth_bytes = whole ? found->growth_bytes : (double)last.bytes - (double)first.bytes;
	site.live_blocks = less(last.blocks, whole ? found->kept_blocks : 0);
	site.live_bytes = less(last.bytes, whole ? found->kept_bytes : 0);
	if (record != SERIES_NONE)
		site.profile = &facts->profile->sites[record];
	else if ((record = series_record(facts->series, part->sites[i],
					 (uint32_t)facts->end - 1)) != SERIES_NONE)
		site.profile = &facts->latest->sites[record];
	return site;
}

/* Returns, by record of the graph's snapshot, whether the call stack has lost blocks. */
static bool *list_losing(const struct facts *facts)
{
	bool *losing = mem_zeroed(facts->profile->site_count + 1, sizeof *losing);

	for (uint64_t i = 0; i < facts->graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &facts->graph->verdicts[i];

		losing[verdict->site] = verdict->blocks[SILT_LOST_DIRECT] +
						verdict->blocks[SILT_LOST_INDIRECT] +
						verdict->blocks[SILT_LOST_CYCLE] >
					0;
	}
	return losing;
}

/* Lists call stacks of a part; of a lost part only those that lose blocks, if the graph knows
 * them. */
static size_t list_stacks(const struct facts *facts, const struct part *part, const bool *losing,
			  uint32_t *stacks)
{
	size_t count = 0;

	for (uint32_t i = 0; losing && i < part->site_count; i++) {
		uint32_t record = series_record(facts->series, part->sites[i], facts->graph_number);

		if (record != SERIES_NONE && losing[record])
			stacks[count++] = i;
	}
	for (uint32_t i = 0; !count && i < part->site_count; i++)
		stacks[i] = i;
	return count ? count : part->site_count;
}

static void add_sites(const struct facts *facts, struct finding *finding)
{
	size_t each = finding->part_count ? SHOWN_STACKS / finding->part_count : 0;
	bool *losing = finding->lost && facts->graph ? list_losing(facts) : NULL;

	finding->stacks = 0;
	for (size_t p = 0; p < finding->part_count; p++) {
		const struct part *part = &facts->parts->list[finding->parts[p]];
		uint32_t *stacks = mem_zeroed(part->site_count + 1, sizeof *stacks);
		size_t count = list_stacks(facts, part, losing, stacks);

		finding->stacks += count;
		for (size_t i = 0; i < count && i < (each ? each : 1); i++) {
			MEM_GROW(finding->sites, finding->site_count, finding->site_capacity);
			finding->sites[finding->site_count++] =
				site_of_part(facts, finding->parts[p], stacks[i]);
		}
		free(stacks);
	}
	free(losing);
}

void facts_lead(struct finding *finding, uint32_t part)
{
	for (size_t i = 0; i < finding->site_count; i++) {
		struct finding_site site = finding->sites[i];

		if (site.part != part)
			continue;
		memmove(&finding->sites[1], &finding->sites[0], i * sizeof site);
		finding->sites[0] = site;
		return;
	}
}

static int compare_sites(const void *a, const void *b)
{
	const struct finding_site *x = a, *y = b;

	if (x->growth_bytes != y->growth_bytes)
		return x->growth_bytes < y->growth_bytes ? 1 : -1;
	return x->site < y->site ? -1 : x->site > y->site;
}

/* Adds the survivors at the end by interval of birth. The intervals are at least as long as the
 * generations that the last snapshot distinguishes. */
static void add_survivors(const struct facts *facts, struct finding *finding)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	size_t last = facts->end - 1;
	size_t since = facts->start;
	uint64_t width = snapshots[last]->process.generation_width,
		 first = (snapshots[facts->start]->process.generation + 1) / width * width;

	finding->generations = mem_zeroed(last - facts->start + 1, sizeof *finding->generations);
	for (size_t i = facts->start + 1; i <= last; i++) {
		uint64_t end = (snapshots[i]->process.generation + 1) / width * width;

		if (end <= first)
			continue;
		for (size_t p = 0; p < finding->part_count; p++)
			finding->generations[finding->generation_count] +=
				parts_survivors(facts->parts, finding->parts[p], first, end);
		finding->generation_count++;
		finding->idle_generations += facts->axes->made[i] <= facts->axes->made[since];
		first = end;
		since = i;
	}
}

void facts_complete(const struct facts *facts, struct finding *finding)
{
	double span = facts->series->seconds[facts->end - 1] - facts->series->seconds[facts->start];

	add_sites(facts, finding);
	if (finding->site_count)
		qsort(finding->sites, finding->site_count, sizeof *finding->sites, compare_sites);
	for (size_t i = 0; i < finding->part_count; i++) {
		const struct facts_part *found = &facts->found[finding->parts[i]];
		const struct series_point *last =
			&facts->parts->list[finding->parts[i]].points[facts->end - 1];

		finding->growth_blocks += found->growth_blocks;
		finding->growth_bytes += found->growth_bytes;
		finding->live_blocks += less(last->blocks, found->kept_blocks);
		finding->live_bytes += less(last->bytes, found->kept_bytes);
	}
	finding->bytes_per_second = span > 0 ? finding->growth_bytes / span : 0;
	if (facts->iterations > 0)
		finding->bytes_per_iteration = finding->growth_bytes / facts->iterations;
	add_survivors(facts, finding);
}

const char *facts_name(const struct profile_site *place)
{
	const struct frame *frame = place ? place->frames[place->blamed] : NULL;

	if (frame && frame->function)
		return frame->function;
	return frame && frame->module ? frame->module : "a site without symbols";
}

const char *facts_function(const struct facts *facts, uint32_t number)
{
	return facts_name(facts_place(facts, number));
}
