/*
 * silt export: a snapshot, what changed between two, or a run, in the formats that other programs
 * read.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/export_options.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "render/export_view.h"
#include "render/notes.h"
#include "util/utf8.h"
#include "util/whole_file.h"

static bool write_out(const struct export_options *request)
{
	const char *out = request->out;
	struct whole_file file;
	bool good;

	if (!out || strcmp(out, "-") == 0) {
		export_write(stdout, &request->content);
		return true; /* main() tells what went wrong with standard output */
	}
	good = whole_file_open(&file, out);
	if (good) {
		export_write(file.file, &request->content);
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

int export_command(int argc, char **argv)
{
	struct export_options request;
	struct export_content *content = &request.content;
	int status = export_options_read(&request, argc, argv);

	if (status < 0) {
		status = 2;
		if (load(&request, argv[0], argv + optind)) {
			content->context = profile_context_new();
			status = write_out(&request) ? 0 : 2;
			notes_print(content->context);
			if (content->new && (request.content.format == EXPORT_FOLDED ||
					     request.content.format == EXPORT_CSV))
				export_print_quality(content->new);
			profile_context_free(content->context);
		}
	}
	snapshot_free(content->old);
	snapshot_free(content->new);
	series_free(content->series);
	options_free(&request.options);
	return status;
}
