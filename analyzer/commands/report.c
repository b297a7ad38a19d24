/*
 * silt report: shows what leaks in a run, what kind of leak it is, who holds it, and with which
 * confidence.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/report_options.h"
#include "commands/commands.h"
#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/ranking.h"
#include "model/profile.h"
#include "model/recorded.h"
#include "model/series.h"
#include "render/notes.h"
#include "render/report_view.h"

struct json;

/* Reports one process in full; as JSON within the document `json` (NULL: alone). Returns false
 * after printing an error. */
static bool report_process(const struct report_options *request,
			   const struct recorded_process *process, struct json *json)
{
	struct series *series = recorded_load("report", process, request->options.moment);
	struct profile_context *context;
	struct diagnosis_options options = {request->warmup, request->iterations,
					    &request->options.blame};
	struct diagnosis *diagnosis;

	if (!series)
		return false;
	context = profile_context_new();
	diagnosis = diagnosis_new(series, context, &options);
	if (request->options.json)
		report_json(json, &request->view, process->path, series, diagnosis, context);
	else
		report_text(&request->view, series, diagnosis, context);
	notes_print(context);
	options_print_hints(&request->options, diagnosis_profile(diagnosis));
	diagnosis_free(diagnosis);
	profile_context_free(context);
	series_free(series);
	return true;
}

/* -- several processes -- */

static bool report_many_json(const struct report_options *request, const struct recorded_list *list,
			     const struct ranking *ranking)
{
	struct json *json = report_json_begin(ranking);
	bool good = true;

	for (size_t i = 0; i < ranking->count && good; i++)
		good = report_process(request, &list->list[ranking->lines[i].process], json);
	report_json_end(json, list);
	return good;
}

static bool report_many_text(const struct report_options *request, const struct recorded_list *list,
			     const struct ranking *ranking)
{
	report_text_ranking(list, ranking);
	return report_process(request, &list->list[ranking->lines[0].process], NULL);
}

static bool report_many(const struct report_options *request, const struct recorded_list *list)
{
	struct diagnosis_options options = {request->warmup, request->iterations,
					    &request->options.blame};
	struct ranking *ranking = ranking_new("report", list, request->options.moment, &options);
	bool good = ranking && (request->options.json ? report_many_json(request, list, ranking)
						      : report_many_text(request, list, ranking));

	ranking_free(ranking);
	return good;
}

static bool report(const struct report_options *request, char **operands)
{
	struct recorded_list list;
	bool good = recorded_find("report", operands, &list);

	if (!good)
		return false;
	if (list.count > 1 || list.unrecorded.count)
		good = report_many(request, &list);
	else
		good = report_process(request, &list.list[0], NULL);
	recorded_list_free(&list);
	return good;
}

int report_command(int argc, char **argv)
{
	struct report_options request;
	int status = report_options_read(&request, argc, argv);
	char *newest[2] = {NULL, NULL};

	if (status < 0 && !argv[optind])
		newest[0] = input_newest_run("silt report");
	if (status < 0 && !argv[optind] && !newest[0]) {
		status = 2;
	} else if (status < 0) {
		status = report(&request, argv[optind] ? argv + optind : newest) ? 0 : 2;
	}
	free(newest[0]);
	options_free(&request.options);
	return status;
}
