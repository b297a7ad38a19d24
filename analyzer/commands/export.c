/*
 * silt export: writes a snapshot, the difference between two, or a run, in the formats that other
 * programs read.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export_options.h"
#include "cli/inputs.h"
#include "commands/commands.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "render/export_view.h"
#include "render/notes.h"
#include "serve/monitor.h"
#include "serve/openmetrics.h"
#include "serve/otlp.h"
#include "util/utf8.h"
#include "util/whole_file.h"

/* Writes metrics if `monitor` is not NULL, else a profile. */
static void write_to(FILE *file, const struct export_options *request,
		     const struct monitor *monitor)
{
	struct otlp_resource added = {request->labels.list, request->labels.count, NULL};
	unsigned char *data;
	size_t size;

	if (monitor && request->content.format == EXPORT_OTLP) {
		data = otlp_encode(monitor, &added, &size);
		fwrite(data, 1, size, file);
		free(data);
	} else if (monitor)
		openmetrics_write(file, monitor, &request->labels);
	else
		export_write(file, &request->content);
}

static bool write_out(const struct export_options *request, const struct monitor *monitor)
{
	const char *out = request->out;
	struct whole_file file;
	bool good;

	if (!out || strcmp(out, "-") == 0) {
		write_to(stdout, request, monitor);
		return true; /* main() reports errors of standard output */
	}
	good = whole_file_open(&file, out);
	if (good) {
		write_to(file.file, request, monitor);
		good = whole_file_close(&file, true);
	}
	if (!good)
		utf8_complain("silt export: %s: %s", out, strerror(errno));
	return good;
}

static bool load(struct export_options *request, const char *command, char **operands)
{
	struct export_content *content = &request->content;

	if (request->content.format == EXPORT_MASSIF || request->content.format == EXPORT_DHAT) {
		content->series = input_series("export", operands, request->options.moment);
		return content->series;
	}
	if (request->base) {
		content->old = input_load(command, request->base, request->options.moment);
		if (!content->old)
			return false;
	}
	content->new = input_load(command, operands[0], request->options.moment);
	if (content->new && content->old && strcmp(content->old->path, content->new->path) == 0) {
		utf8_complain("silt export: %s: does not differ from itself; name another with "
			      "--base, such as RUN/0001.silt",
			      content->new->path);
		return false;
	}
	return content->new;
}

/* A run that cannot be read is reported, but does not hide the others. */
static int export_metrics(const struct export_options *request, const char *path)
{
	struct monitor *monitor = monitor_new(path);
	bool found = monitor_look(monitor), good;

	good = found && write_out(request, monitor);
	if (monitor->error.text[0])
		utf8_complain("silt export: %s", monitor->error.text);
	good = good && !monitor->error.text[0];
	monitor_free(monitor);
	return good ? 0 : 2;
}

static int export_content(struct export_options *request, const char *command, char **operands)
{
	struct export_content *content = &request->content;
	int status;

	if (content->format == EXPORT_OPENMETRICS || content->format == EXPORT_OTLP)
		return export_metrics(request, operands[0]);
	if (!load(request, command, operands))
		return 2;
	content->context = profile_context_new();
	status = write_out(request, NULL) ? 0 : 2;
	notes_print(content->context);
	if (content->new && (content->format == EXPORT_FOLDED || content->format == EXPORT_CSV))
		export_print_quality(content->new);
	profile_context_free(content->context);
	return status;
}

int export_command(int argc, char **argv)
{
	struct export_options request;
	int status = export_options_read(&request, argc, argv);

	if (status < 0)
		status = export_content(&request, argv[0], argv + optind);
	snapshot_free(request.content.old);
	snapshot_free(request.content.new);
	series_free(request.content.series);
	export_options_free(&request);
	return status;
}
