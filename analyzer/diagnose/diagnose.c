/*
 * Finds what leaks in a series of snapshots: see diagnose.h.
 *
 * First each part of the program is judged by its survivors (survival.c), then by what the last
 * heap graph shows of the parts that grow. Lost parts are handled first, then threads. The
 * reachable parts are grouped: a part belongs to the part that it hangs from if that one grows,
 * too; the topmost part is where the group fans out. A rule for each kind says what the group is.
 */
#include "diagnose/diagnose.h"

#include <inttypes.h>
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/ending.h"
#include "diagnose/facts.h"
#include "diagnose/growth.h"
#include "diagnose/next.h"
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
#include "util/mem.h"
#include "util/words.h"

struct internals {
	struct diagnosis public;
	struct facts facts;
	/* of the graph's snapshot; and of the last snapshot judged, if that is another */
	struct profile *profile, *last;
};

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	double i = x->bytes_per_second * x->confidence, j = y->bytes_per_second * y->confidence;

	if (i != j)
		return i < j ? 1 : -1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* Notes a climb that ends with the program, although the fall is not judged. */
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
		facts_read_graph(facts, context);
	lost_find(facts, diagnosis);
	thread_find(facts, diagnosis);
	groups_find(facts, diagnosis);
	mappings_find(facts, diagnosis);
	fragmentation_find(facts, diagnosis);
	giveback_find(facts, diagnosis);
	late_note_end(facts, diagnosis);
	doubts_note(facts, diagnosis);
	note_end(facts, diagnosis);
	if (diagnosis->count)
		qsort(diagnosis->findings, diagnosis->count, sizeof(struct finding *),
		      compare_findings);
}

/* Returns the work done between the snapshots judged. A number given by the user is for the
 * whole run, and taken to be spread evenly. */
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

/* A run without findings is inconclusive if call stacks were not recorded. */
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

/* A process that did nothing proves nothing by not growing. */
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

static void note_too_short(struct internals *in)
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

/* Makes the profiles, and judges each part of the program over time. */
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
	facts->graph_number = facts_choose_graph(facts);
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

/* Returns the profile that has the call sites of a finding. */
static const struct profile *profile_of(const struct facts *facts, const struct profile_site *site)
{
	const struct profile *latest = facts->latest;

	return site >= latest->sites && site < latest->sites + latest->site_count ? latest
										  : facts->profile;
}

/* Finds where other blocks of a finding's call sites are freed. */
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

	/* the program may have freed long ago what grows in the records */
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
		/* the file of the snapshot is gone; the last one is always there */
		facts->end = series->count;
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
		late_note_end(facts, &in->public);
		note_too_short(in);
	}
	note_idle(facts, &in->public);
	note_memory_limit(&in->public, &series->snapshots[series->count - 1]->process);
	note_children(&in->public, series->snapshots[series->count - 1]);
	note_earlier(&in->public, series->snapshots[series->count - 1]);
	if (!facts->graph && in->public.count)
		diagnosis_note(&in->public, "no heap graph: run with `silt run --graph all` to "
					    "learn who holds what grows");
	next_find(facts, &in->public);
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
	free(diagnosis->next);
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
