/*
 * From a series of snapshots to findings: see diagnose.h.
 *
 * First each part of the program is judged by what survives (survival.c), then what the last heap
 * graph says of those that grow. The lost are dealt with first, then threads; what is left and
 * reachable is grouped: a part belongs to the one that it hangs from if that grows, too, and the
 * topmost is where the group fans out. A rule per kind says what it is.
 */
#include "diagnose/diagnose.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/ending.h"
#include "diagnose/facts.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "diagnose/whole.h"
#include "load/snapshot.h"
#include "model/blame.h"
#include "model/doubt.h"
#include "model/freed.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/words.h"

struct internals {
	struct diagnosis public;
	struct facts facts;
	/* of the graph's snapshot; of the last judged, if that is another */
	struct profile *profile, *last;
};

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
	if (vasprintf(&text, format, arguments) < 0)
		text = mem_string("");
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
	if (i->file && j->file) /* it may be inlined in several places */
		return i->line == j->line && strcmp(i->file, j->file) == 0;
	return i->module_path && j->module_path && strcmp(i->module_path, j->module_path) == 0 &&
	       i->address == j->address && i->line == j->line;
}

void facts_correct_growth(struct facts_part *part, double rise, double size)
{
	double swing = 2 * sqrt(rise > 0 ? rise : 0); /* by chance */

	if (fabs(part->growth_blocks - rise) <= rise / 4 + swing && part->growth_bytes > 0)
		return;
	part->growth_blocks = rise;
	part->growth_bytes = rise * size;
}

static uint64_t less(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

void facts_add_part(const struct facts *facts, struct finding *finding, uint32_t part)
{
	MEM_GROW(finding->parts, finding->part_count, finding->part_capacity);
	finding->parts[finding->part_count++] = part;
	finding->stacks += facts->parts->list[part].site_count;
}

#define SHOWN_STACKS 8 /* of a finding, the heaviest; but each part shows one */

/* Of a part with one call stack the figures are the part's. */
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

static void add_sites(const struct facts *facts, struct finding *finding)
{
	size_t each = finding->part_count ? SHOWN_STACKS / finding->part_count : 0;

	for (size_t p = 0; p < finding->part_count; p++) {
		const struct part *part = &facts->parts->list[finding->parts[p]];

		for (size_t i = 0; i < part->site_count && i < (each ? each : 1); i++) {
			MEM_GROW(finding->sites, finding->site_count, finding->site_capacity);
			finding->sites[finding->site_count++] =
				site_of_part(facts, finding->parts[p], i);
		}
	}
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

/* At the end, by interval of birth. Intervals are no shorter than the generations that the last
 * snapshot keeps apart. */
static void add_survivors(const struct facts *facts, struct finding *finding)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	size_t last = facts->end - 1;
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
		first = end;
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

/* -- what the graph says of them -- */

/* Blocks of each part by the root that they are reached from. */
struct reach {
	uint32_t part, root, path; /* the path by which most of them are reached */
	uint64_t blocks, most;
};

static int compare_reach(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	return x->path < y->path ? -1 : x->path > y->path;
}

/* The path nearest to the root that leads to blocks of the same part: where a tree or a list
 * that one line makes hangs. */
static uint32_t climb(const struct facts *facts, uint32_t path)
{
	uint32_t part = facts_part_of(facts, facts->graph->paths[path].site), top = path;

	while ((path = holders_parent(facts->holders, path)) != FACTS_NONE)
		if (facts_part_of(facts, facts->graph->paths[path].site) == part)
			top = path;
	return top;
}

/* By which path most blocks of each part are reached, from the root that most of them are
 * reached from. */
static void find_paths(struct facts *facts)
{
	size_t count = facts->graph->path_count;
	struct reach *list = mem_zeroed(count + 1, sizeof *list), *best = NULL;
	size_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct snapshot_path *path = &facts->graph->paths[i];

		list[i] = (struct reach){facts_part_of(facts, path->site), path->root, i,
					 path->blocks, path->blocks};
	}
	if (count)
		qsort(list, count, sizeof *list, compare_reach);
	for (size_t i = 0; i < count; i++) {
		struct reach *last = kept ? &list[kept - 1] : NULL;

		if (!last || last->part != list[i].part || last->root != list[i].root) {
			list[kept++] = list[i];
			continue;
		}
		last->blocks += list[i].blocks;
		if (list[i].most > last->most) {
			last->most = list[i].most;
			last->path = list[i].path;
		}
	}
	for (size_t i = 0; i < kept; i++) {
		if (!best || best->part != list[i].part || list[i].blocks > best->blocks)
			best = &list[i];
		facts->found[best->part].path = best->path;
	}
	free(list);
	for (uint32_t i = 0; i < facts->parts->count; i++) {
		if (facts->parts->list[i].level == PARTS_ALL) /* it hangs from everything */
			facts->found[i].path = FACTS_NONE;
		if (facts->found[i].path != FACTS_NONE)
			facts->found[i].path = climb(facts, facts->found[i].path);
	}
}

/* Then its variables are gone, and what only they held is reachable no more. */
static bool main_has_returned(const struct snapshot *snapshot)
{
	return snapshot->process.end_cause == SILT_END_EXIT ||
	       snapshot->process.end_cause == SILT_END_KILLED;
}

/* How much of what grows a graph can speak of. */
static double spoken_of(const struct facts *facts, size_t number)
{
	const struct snapshot_graph *graph = &facts->series->snapshots[number]->graph;
	const uint32_t *site_of = series_site_of(facts->series, number);
	double bytes = 0;

	if (!facts->found)
		return 0;

	for (uint64_t i = 0; i < graph->path_count; i++)
		if (facts->found[facts->parts->part_of[site_of[graph->paths[i].site]]].grows)
			bytes += (double)graph->paths[i].bytes;
	return main_has_returned(facts->series->snapshots[number]) ? bytes / 2 : bytes;
}

#define LATE_GRAPHS 4

/* The one that is not chosen need not stay in memory. */
static void let_go(const struct facts *facts, uint32_t number)
{
	if (number != FACTS_NONE && number != facts->end - 1)
		series_shed(facts->series, number);
}

/* The last graph; but a process that is just ending lets go of much, and where main has
 * returned half as much counts: then the one before. */
static uint32_t choose_graph(const struct facts *facts)
{
	uint32_t best = FACTS_NONE, number = (uint32_t)facts->end;
	double most = -1;

	for (int i = 0; i < LATE_GRAPHS; i++) {
		double spoken;

		number = series_graph_before(facts->series, number);
		if (number == SERIES_NONE || number < facts->start)
			break;
		if (!series_whole(facts->series, number))
			continue; /* its file is gone */
		spoken = spoken_of(facts, number);
		let_go(facts, spoken > 1.2 * most ? best : number);
		if (spoken > 1.2 * most) {
			most = spoken;
			best = number;
		}
	}
	return best;
}

static void read_graph(struct facts *facts, struct profile_context *context)
{
	facts->graph = &facts->series->snapshots[facts->graph_number]->graph;
	facts->holders = holders_new(context, facts->profile);
	facts->relations = relations_new(facts);
	facts->classes = size_classes_new(facts);
	find_paths(facts);
	lost_judge(facts);
}

/* -- the run as a whole -- */

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	double i = x->bytes_per_second * x->confidence, j = y->bytes_per_second * y->confidence;

	if (i != j)
		return i < j ? 1 : -1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

const char *facts_function(const struct facts *facts, uint32_t number)
{
	const struct profile_site *place = facts_place(facts, number);
	const char *function = place ? place->frames[place->blamed]->function : NULL;

	return function ? function : "a site without symbols";
}

/* A climb that ends with the program is told, though the fall is not judged. */
static void note_end(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct series *series = facts->series;
	const struct silt_process *before = &series->snapshots[facts->end - 1]->process,
				  *after = &series->snapshots[series->count - 1]->process;

	if (facts->end < series->count && after->live_blocks * 2 < before->live_blocks)
		diagnosis_note(diagnosis,
			       "%.1f of %.1f MiB were freed as the program ended, after t = %.1f "
			       "s: that is not judged",
			       ((double)before->live_bytes - (double)after->live_bytes) / 1048576,
			       (double)before->live_bytes / 1048576,
			       series->seconds[facts->end - 1]);
}

static void find_all(struct internals *in, struct profile_context *context)
{
	struct facts *facts = &in->facts;
	struct diagnosis *diagnosis = &in->public;

	if (facts->graph_number != FACTS_NONE)
		read_graph(facts, context);
	lost_find(facts, diagnosis);
	thread_find(facts, diagnosis);
	groups_find(facts, diagnosis);
	mappings_find(facts, diagnosis);
	fragmentation_find(facts, diagnosis);
	giveback_find(facts, diagnosis);
	doubts_note(facts, diagnosis);
	note_end(facts, diagnosis);
	if (diagnosis->count)
		qsort(diagnosis->findings, diagnosis->count, sizeof(struct finding *),
		      compare_findings);
}

/* Work done between the snapshots judged; what the user says is of the whole run, and taken to
 * be even. */
static double count_iterations(const struct facts *facts, double given)
{
	const struct series *series = facts->series;
	double whole = series->seconds[series->count - 1], part;

	if (facts->end <= facts->start + 1)
		return 0;
	part = series->seconds[facts->end - 1] - series->seconds[facts->start];
	if (given >= 0)
		return whole > 0 ? given * part / whole : 0;
	return (double)series->snapshots[facts->end - 1]->process.iterations -
	       (double)series->snapshots[facts->start]->process.iterations;
}

/* Nothing found means little where call stacks were not recorded. */
static void note_memory_limit(struct diagnosis *diagnosis, const struct silt_process *last)
{
	if (!last->memory_reached_ns)
		return;
	diagnosis_note(
		diagnosis,
		"the limit of %.1f MiB (--memory) was reached %.1f s after the start; %" PRIu64
		" blocks are missing here, new call stacks among them: give it more, or --sample",
		(double)last->memory_limit_bytes / 1048576, (double)last->memory_reached_ns / 1e9,
		last->lost_records);
	if (diagnosis->verdict == DIAGNOSIS_CLEAN)
		diagnosis->verdict = DIAGNOSIS_INCONCLUSIVE;
}

/* What did not grow while nothing was done proves nothing. */
static void note_idle(const struct facts *facts, struct diagnosis *diagnosis)
{
	diagnosis->idle = whole_is_idle(facts->series, facts->start, facts->end);
	if (!diagnosis->idle || diagnosis->verdict != DIAGNOSIS_CLEAN)
		return;
	diagnosis->verdict = DIAGNOSIS_INCONCLUSIVE;
	diagnosis_note(diagnosis, "inconclusive: the process allocated nothing after the warm-up; "
				  "give it work to do");
}

static void note_children(struct diagnosis *diagnosis, const struct snapshot *last)
{
	char *note = doubt_of_children(last);

	if (note)
		diagnosis_note(diagnosis, "%s", note);
	free(note);
}

static void note_earlier(struct diagnosis *diagnosis, const struct snapshot *last)
{
	const char *note = doubt_of_earlier(&last->process);

	if (note)
		diagnosis_note(diagnosis, "%s", note);
}

static void say_too_short(struct internals *in)
{
	const struct facts *facts = &in->facts;
	size_t intervals = facts->end > facts->start ? facts->end - facts->start - 1 : 0;

	in->public.verdict = DIAGNOSIS_INCONCLUSIVE;
	diagnosis_note(
		&in->public,
		"inconclusive: %zu interval%s after the warm-up, at least %d are needed; let "
		"it run longer, or take "
		"snapshots more often (--interval)",
		intervals, words_s(intervals), GROWTH_INTERVALS);
}

/* Profiles, and what each part of the program does over time. */
static void look(struct internals *in, struct profile_context *context, const struct blame *blame,
		 bool enough)
{
	struct facts *facts = &in->facts;
	const struct series *series = facts->series;

	if (enough) {
		in->last = profile_new(context, series->snapshots[facts->end - 1], blame);
		facts->axes = axes_new(series, facts->start, facts->end);
		facts->parts = parts_new(series, facts->axes, in->last, PARTS_LINE, NULL);
		survival_judge(facts, in->last);
	}
	facts->graph_number = choose_graph(facts);
	if (facts->graph_number == FACTS_NONE || facts->graph_number == facts->end - 1) {
		in->profile = in->last;
		in->last = NULL;
	}
	if (!in->profile)
		in->profile = profile_new(
			context,
			series->snapshots[facts->graph_number != FACTS_NONE ? facts->graph_number
									    : facts->end - 1],
			blame);
	facts->profile = in->profile;
	facts->latest = in->last ? in->last : in->profile;
}

/* The profile that has the call sites a finding names. */
static const struct profile *profile_of(const struct facts *facts, const struct profile_site *site)
{
	const struct profile *latest = facts->latest;

	return site >= latest->sites && site < latest->sites + latest->site_count ? latest
										  : facts->profile;
}

/* Where do blocks of a finding's call sites go that do not stay? */
static void find_freers(const struct facts *facts, struct finding *finding)
{
	const struct profile_site **sites =
		mem_zeroed(finding->site_count + 1, sizeof(struct profile_site *));
	const struct profile *profile = NULL;
	size_t count = 0;

	for (size_t i = 0; i < finding->site_count; i++) {
		const struct profile_site *site = finding->sites[i].profile;

		if (!site || finding->sites[i].part != finding->sites[0].part)
			continue;
		if (!profile)
			profile = profile_of(facts, site);
		if (profile_of(facts, site) == profile)
			sites[count++] = site;
	}
	if (count)
		finding->freed = freed_of(profile, sites, count);
	free(sites);
}

static enum diagnosis_verdict verdict_of(const struct internals *in, const char *doubt)
{
	const struct series *series = in->facts.series;

	/* What grows on record may be what the program has long freed. */
	if (doubt_of_records(series->snapshots, series->count))
		return DIAGNOSIS_INCONCLUSIVE;
	for (size_t i = 0; i < in->public.count; i++)
		if (in->public.findings[i]->confidence >= DIAGNOSIS_SURE)
			return DIAGNOSIS_LEAKING;
	if (in->public.count)
		return DIAGNOSIS_INCONCLUSIVE;
	return doubt || in->facts.doubtful ? DIAGNOSIS_INCONCLUSIVE : DIAGNOSIS_CLEAN;
}

struct diagnosis *diagnosis_new(const struct series *series, struct profile_context *context,
				const struct diagnosis_options *options)
{
	struct internals *in = mem_zeroed(1, sizeof *in);
	struct facts *facts = &in->facts;
	const char *doubt;
	bool enough;

	facts->series = series;
	facts->context = context;
	facts->end = series_usable(series, GROWTH_INTERVALS + 1);
	facts->usable = facts->end;
	facts->end = ending_find(series, facts->end, GROWTH_INTERVALS + 1);
	if (!series_whole(series, facts->end - 1))
		facts->end = series->count; /* its file is gone; the last is always there */
	facts->start = growth_start(series->seconds, facts->end, options->warmup);
	facts->iterations = count_iterations(facts, options->iterations);
	enough = facts->end > facts->start + GROWTH_INTERVALS;
	look(in, context, options->blame, enough);
	doubt = doubt_of_run(series->snapshots, series->count);
	if (doubt)
		diagnosis_note(&in->public, "%s", doubt);
	if (enough) {
		find_all(in, context);
		for (size_t i = 0; i < in->public.count; i++)
			if (!in->public.findings[i]->of_mappings)
				find_freers(facts, in->public.findings[i]);
		in->public.verdict = verdict_of(in, doubt);
	} else {
		say_too_short(in);
	}
	note_idle(facts, &in->public);
	note_memory_limit(&in->public, &series->snapshots[series->count - 1]->process);
	note_children(&in->public, series->snapshots[series->count - 1]);
	note_earlier(&in->public, series->snapshots[series->count - 1]);
	if (!facts->graph && in->public.count)
		diagnosis_note(&in->public, "no heap graph: run with `silt run --graph all` to "
					    "learn who holds what grows");
	return &in->public;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	struct internals *in = (struct internals *)diagnosis;

	if (!diagnosis)
		return;
	for (size_t i = 0; i < diagnosis->count; i++)
		finding_free(diagnosis->findings[i]);
	for (size_t i = 0; i < diagnosis->note_count; i++)
		free(diagnosis->notes[i]);
	free(diagnosis->findings);
	free(diagnosis->notes);
	free(in->facts.found);
	axes_free(in->facts.axes);
	parts_free(in->facts.parts);
	holders_free(in->facts.holders);
	relations_free(in->facts.relations);
	size_classes_free(in->facts.classes);
	profile_free(in->profile);
	profile_free(in->last);
	free(in);
}

const struct holders *diagnosis_holders(const struct diagnosis *diagnosis)
{
	return ((const struct internals *)diagnosis)->facts.holders;
}

const struct profile *diagnosis_profile(const struct diagnosis *diagnosis)
{
	return ((const struct internals *)diagnosis)->profile;
}

size_t diagnosis_intervals(const struct diagnosis *diagnosis)
{
	const struct facts *facts = &((const struct internals *)diagnosis)->facts;

	return facts->end > facts->start ? facts->end - facts->start - 1 : 0;
}

double diagnosis_seconds(const struct diagnosis *diagnosis)
{
	const struct facts *facts = &((const struct internals *)diagnosis)->facts;

	return facts->series->seconds[facts->end - 1] - facts->series->seconds[facts->start];
}
