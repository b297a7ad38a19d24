/*
 * Sorts several processes by what is wrong with them: see ranking.h.
 * Must not: keep more than one process in memory.
 */
#include "diagnose/ranking.h"

#include <stdio.h>
#include <stdlib.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "load/run_moment.h"
#include "model/blame.h"
#include "model/profile.h"
#include "model/series.h"
#include "util/mem.h"
#include "util/utf8.h"

static double growth_of(const struct series *series, const struct diagnosis *diagnosis,
			double warmup)
{
	size_t end = series_usable(series, 1), start;
	double growth = 0, seconds;

	for (size_t i = 0; i < diagnosis->count; i++)
		growth += diagnosis->findings[i]->bytes_per_second;
	if (diagnosis->count || end < 2)
		return growth;
	start = growth_start(series->seconds, end, warmup);
	if (start + 1 >= end)
		start = 0;
	seconds = series->seconds[end - 1] - series->seconds[start];
	growth = (double)series->snapshots[end - 1]->process.live_bytes -
		 (double)series->snapshots[start]->process.live_bytes;
	return seconds > 0 ? growth / seconds : 0;
}

static bool judge_one(const char *command, const struct recorded_process *process,
		      enum run_moment moment, const struct diagnosis_options *options,
		      struct ranking *ranking)
{
	struct series *series = recorded_load(command, process, moment);
	struct profile_context *context;
	struct diagnosis *diagnosis;

	if (!series)
		return false;
	context = profile_context_new();
	diagnosis = diagnosis_new(series, context, options);
	whole_add(&ranking->whole, process->path, series, diagnosis);
	ranking->lines[ranking->count] = (struct ranking_line){
		.process = ranking->count,
		.pid = series->snapshots[0]->process.pid,
		.verdict = diagnosis->verdict,
		.idle = diagnosis->idle,
		.bytes_per_second = growth_of(series, diagnosis, options->warmup),
		.reason = diagnosis->note_count ? mem_string(diagnosis_reason(diagnosis)) : NULL,
	};
	ranking->count++;
	diagnosis_free(diagnosis);
	profile_context_free(context);
	series_free(series);
	return true;
}

static int rank_of(const struct ranking_line *line)
{
	return line->verdict == DIAGNOSIS_LEAKING	 ? 0
	       : line->brief				 ? 4
	       : line->idle				 ? 3
	       : line->verdict == DIAGNOSIS_INCONCLUSIVE ? 1
							 : 2;
}

static int compare_lines(const void *a, const void *b)
{
	const struct ranking_line *x = a, *y = b;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) - rank_of(y);
	if (x->bytes_per_second != y->bytes_per_second)
		return x->bytes_per_second < y->bytes_per_second ? 1 : -1;
	return x->process < y->process ? -1 : x->process > y->process;
}

struct ranking *ranking_new(const char *command, const struct recorded_list *list,
			    enum run_moment moment, const struct diagnosis_options *options)
{
	struct ranking *ranking = mem_zeroed(1, sizeof *ranking);

	ranking->lines = mem_zeroed(list->count, sizeof *ranking->lines);
	for (size_t i = 0; i < list->count; i++) {
		if (judge_one(command, &list->list[i], moment, options, ranking))
			continue;
		ranking_free(ranking);
		return NULL;
	}
	ranking->whole.unrecorded = list->unrecorded.count;
	whole_settle(&ranking->whole);
	for (size_t i = 0; i < ranking->count; i++)
		ranking->lines[i].brief = ranking->whole.lives[i].brief;
	if (ranking->count)
		qsort(ranking->lines, ranking->count, sizeof *ranking->lines, compare_lines);
	return ranking;
}

void ranking_free(struct ranking *ranking)
{
	if (!ranking)
		return;
	for (size_t i = 0; i < ranking->count; i++)
		free(ranking->lines[i].reason);
	free(ranking->lines);
	whole_free(&ranking->whole);
	free(ranking);
}

const char *ranking_verdict(const struct ranking_line *line)
{
	static const char *const names[] = {"leaking", "inconclusive", "clean", "idle", "start-up"};

	return names[rank_of(line)];
}

bool ranking_choose(const char *command, const struct recorded_list *list, size_t *chosen)
{
	struct blame blame = {0};
	struct diagnosis_options options = {-1, -1, &blame};
	struct ranking *ranking = ranking_new(command, list, RUN_WORKING, &options);

	if (!ranking)
		return false;
	*chosen = ranking->lines[0].process;
	utf8_complain("silt %s: %zu runs; showing the one that `silt report` puts first: %s",
		      command, list->count, list->list[*chosen].path);
	ranking_free(ranking);
	return true;
}
