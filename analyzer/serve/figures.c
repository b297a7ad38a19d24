/* Makes the figures of one process: see figures.h. */
#include "serve/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/growth.h"
#include "load/ended.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/blame.h"
#include "model/filter.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "model/trend.h"
#include "render/names.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/utf8.h"

static char *clean(const char *text)
{
	return utf8_clean(text ? text : "");
}

static bool has_ended(const struct run_dir *run)
{
	struct ended ended;

	return ended_read(&ended, run->path);
}

/* Reads the process record of the last snapshot, which a series without the process's end omits. */
static bool is_running(const struct run_dir *run)
{
	struct snapshot_error error;
	struct silt_process last;

	if (has_ended(run) || !snapshot_peek(run->snapshots[run->count - 1], &last, &error))
		return false;
	return !last.end_ns && last.trigger != SILT_TRIGGER_EXIT &&
	       last.trigger != SILT_TRIGGER_KILLED && last.trigger != SILT_TRIGGER_ENDING;
}

static void take_process(struct process_figures *figures, const struct snapshot *last)
{
	const struct silt_process *process = &last->process;

	figures->program = clean(snapshot_program(last));
	figures->host = clean(last->host);
	figures->version = clean(last->version);
	figures->build_id = snapshot_build_id(last);
	figures->live_bytes = process->live_bytes;
	figures->live_blocks = process->live_blocks;
	figures->peak_live_bytes = process->peak_live_bytes;
	figures->rss_bytes = process->rss_bytes;
	figures->recorder_bytes = process->overhead_bytes;
	figures->lost_blocks = process->lost_records;
	figures->time_unix_ns = process->time_unix_ns;
	figures->uptime_ns = process->uptime_ns;
}

static void take_diagnosis(struct process_figures *figures, const struct diagnosis *diagnosis)
{
	figures->verdict = diagnosis->verdict;
	figures->is_idle = diagnosis->idle;
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = diagnosis->findings[i];
		struct figures_kind *kind = &figures->kinds[finding->kind];

		kind->count++;
		kind->live_bytes += finding->live_bytes;
		kind->bytes_per_second += finding->bytes_per_second;
		if (finding->confidence > kind->confidence)
			kind->confidence = finding->confidence;
	}
}

/* Returns the site that collects the figures of a line: a new one while there is room, the one
 * with the same name (files of one name in two directories), or the rest. */
static struct figures_site *site_for(struct process_figures *figures, struct names *names,
				     const struct frame *frame)
{
	const struct name *name = names_get(names, names_of(names, frame));
	const char *slash = strrchr(name->file, '/');
	char *place = names_line(frame) ? mem_format("%s:%u", slash ? slash + 1 : name->file,
						     names_line(frame))
					: mem_string(name->module);
	struct figures_site *site = NULL;

	for (size_t i = 0; i < figures->site_count && !site; i++)
		if (strcmp(figures->sites[i].function, name->function) == 0 &&
		    strcmp(figures->sites[i].place, place) == 0)
			site = &figures->sites[i];
	if (site || figures->site_count == FIGURES_SITES) {
		free(place);
		return site ? site : &figures->rest;
	}
	site = &figures->sites[figures->site_count++];
	site->function = mem_string(name->function);
	site->place = place;
	return site;
}

static void take_sites(struct process_figures *figures, const struct series *series,
		       struct profile_context *context, const struct blame *blame)
{
	struct filter_list filters = {0};
	struct statistics_options options = {.key = KEY_LINE, .filters = &filters};
	size_t last = series->count - 1, first = growth_start(series->seconds, series->count, -1);
	struct profile *profile = profile_new(context, series->snapshots[last], blame);
	struct trend *trend = trend_new(series, profile, &options, first < last ? first : 0);
	double seconds;
	struct names *names = names_new();

	first = first < last ? first : 0;
	seconds = series->seconds[last] - series->seconds[first];
	for (size_t i = 0; i < trend->count; i++) {
		struct figures_site *site = site_for(figures, names, trend->rows[i].frame);

		site->live_bytes += trend->rows[i].bytes[last];
		if (seconds > 0)
			site->bytes_per_second +=
				trend_growth(trend, &trend->rows[i], first) / seconds;
	}
	names_free(names);
	trend_free(trend);
	profile_free(profile);
}

struct process_figures *figures_new(const struct run_dir *run, struct profile_context *context,
				    struct snapshot_error *error)
{
	struct blame blame = {0};
	struct diagnosis_options options = {-1, -1, &blame};
	struct series *series = series_read(run->snapshots, run->count, false, error);
	struct diagnosis *diagnosis;
	struct process_figures *figures;

	if (!series)
		return NULL;
	figures = mem_zeroed(1, sizeof *figures);
	figures->newest = mem_string(run->snapshots[run->count - 1]);
	figures->has_ended = has_ended(run);
	figures->is_running = is_running(run);
	profile_context_renew(context);
	diagnosis = diagnosis_new(series, context, &options);
	take_diagnosis(figures, diagnosis);
	take_process(figures, series->snapshots[series->count - 1]);
	take_sites(figures, series, context, &blame);
	diagnosis_free(diagnosis);
	series_free(series);
	return figures;
}

bool figures_hold(const struct process_figures *figures, const struct run_dir *run)
{
	return strcmp(figures->newest, run->snapshots[run->count - 1]) == 0 &&
	       figures->has_ended == has_ended(run);
}

void figures_free(struct process_figures *figures)
{
	if (!figures)
		return;
	for (size_t i = 0; i < FIGURES_SITES; i++) {
		free(figures->sites[i].function);
		free(figures->sites[i].place);
	}
	free(figures->run);
	free(figures->newest);
	free(figures->program);
	free(figures->host);
	free(figures->build_id);
	free(figures->version);
	free(figures);
}
