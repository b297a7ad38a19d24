/*
 * Writes any of the formats of other programs: see export_view.h.
 */
#include "render/export_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "render/exports.h"
#include "render/names.h"
#include "silt_snapshot.h"

const char *const export_format_names[EXPORT_FORMATS] = {"pprof",     "folded",	     "speedscope",
							 "callgrind", "csv",	     "massif",
							 "dhat",      "openmetrics", "otlp"};

static void write_snapshots(FILE *file, const struct export_content *content)
{
	const struct options *options = content->options;
	struct profile *new = profile_new(content->context, content->new, &options->blame);
	struct profile *old =
		content->old ? profile_new(content->context, content->old, &options->blame) : NULL;
	struct stacks *stacks = NULL;
	struct statistics *statistics;
	unsigned char *data;
	size_t size;

	if (content->format != EXPORT_CSV)
		stacks = stacks_new(old, new, &options->filters);
	switch (content->format) {
	case EXPORT_PPROF:
		data = pprof_encode(stacks, old ? PPROF_DIFFERENCE : PPROF_STATE, &size);
		fwrite(data, 1, size, file);
		free(data);
		break;
	case EXPORT_FOLDED:
		folded_write(file, stacks, content->figure);
		break;
	case EXPORT_SPEEDSCOPE:
		speedscope_write(file, stacks);
		break;
	case EXPORT_CALLGRIND:
		callgrind_write(file, stacks);
		break;
	default:
		statistics = statistics_new(old, new, &options->statistics);
		if (statistics->count > options->limit)
			statistics->count = options->limit;
		csv_write(file, statistics, old);
		statistics_free(statistics);
	}
	stacks_free(stacks);
	profile_free(old);
	profile_free(new);
}

void export_write(FILE *file, const struct export_content *content)
{
	struct export_run run = {content->series, content->context, &content->options->blame,
				 &content->options->filters};

	if (content->format == EXPORT_MASSIF)
		massif_write(file, &run);
	else if (content->format == EXPORT_DHAT)
		dhat_write(file, &run);
	else
		write_snapshots(file, content);
}

void export_print_quality(const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	char *title;

	if (!process->lost_records && !process->lost_sites && !process->tracebacks_cut &&
	    !process->tracebacks_failed)
		return;
	title = names_title(snapshot);
	fprintf(stderr, "silt: %s\n", title);
	free(title);
}
