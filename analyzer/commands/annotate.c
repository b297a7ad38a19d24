/*
 * silt annotate: a source file with what each of its lines allocated, as perf annotate and
 * line_profiler show time.
 */
#include <getopt.h>
#include <stdlib.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "load/source.h"
#include "model/lines.h"
#include "model/profile.h"
#include "render/annotate_view.h"
#include "render/choices.h"
#include "render/notes.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] = "Usage: silt annotate [options] FILE [SNAP|RUN]\n"
			    "\n"
			    "Shows a source file, and beside each line the live bytes and blocks "
			    "that it allocated, their growth\n"
			    "since the first snapshot of the run, the blocks ever allocated, and "
			    "what is live through its calls.\n"
			    "Without SNAP or RUN it takes the newest run in silt-out.\n"
			    "\n";

static const char more_help[] =
	"      --context N      show only lines that allocate, with N lines around them\n"
	"      --source FILE    the source file (default: where the debug information says, else "
	"below the\n"
	"                       working directory)\n";

enum { OPT_CONTEXT = OPTIONS_FORMAT + 1, OPT_SOURCE };

struct request {
	struct options options;
	/* UINT64_MAX: print all lines */
	uint64_t context;
	const char *source;
	/* operands */
	const char *file, *input;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	switch (option) {
	case OPT_CONTEXT:
		if (parse_number(value, &request->context))
			return -1;
		utf8_complain("silt annotate: --context %s: expected a number", value);
		return 2;
	case OPT_SOURCE:
		request->source = value;
		return -1;
	default:
		return -1;
	}
}

static int show(const struct request *request, struct snapshot *first, struct snapshot *last)
{
	struct annotate_page page = {.options = &request->options,
				     .context = request->context,
				     .first = first,
				     .last = last};
	struct profile_context *context = profile_context_new();
	struct profile *new = profile_new(context, last, &request->options.blame), *old = NULL;
	struct source *source;
	struct lines *lines;

	page.file = annotate_view_choose_file(new, request->file);
	if (page.file) {
		page.grown = first && first->process.sequence != last->process.sequence;
		if (page.grown)
			old = profile_new(context, first, &request->options.blame);
		lines = lines_new(page.file, old, new, &request->options.filters);
		source = source_open(page.file, request->source ? request->source : request->file,
				     source_built(lines->module_path, last->process.start_unix_ns),
				     lines->count ? lines->list[lines->count - 1].line : 0);
		page.lines = lines;
		page.source = source;
		annotate_view_print(&page);
		source_free(source);
		lines_free(lines);
	}
	notes_print(context);
	profile_free(old);
	profile_free(new);
	profile_context_free(context);
	return page.file ? 0 : 2;
}

static int annotate(struct request *request, char **operands)
{
	struct snapshot *first = NULL, *last;
	char *found = NULL;
	int status = 2;

	request->file = operands[0];
	request->input = operands[1];
	if (operands[1] && input_is_one(operands[0]) && !input_is_one(operands[1])) {
		request->file = operands[1];
		request->input = operands[0];
	}
	if (!request->input)
		request->input = found = input_newest_run("silt annotate");
	if (!request->input)
		return 2;
	last = input_load("silt annotate", request->input, request->options.moment);
	if (last && run_dir_is_directory(request->input))
		first = input_load("silt annotate", request->input, RUN_FIRST);
	if (last)
		status = show(request, first, last);
	snapshot_free(first);
	snapshot_free(last);
	free(found);
	return status;
}

int annotate_command(int argc, char **argv)
{
	static const struct option more_options[] = {
		{"context", required_argument, NULL, OPT_CONTEXT},
		{"source", required_argument, NULL, OPT_SOURCE},
		{NULL, 0, NULL, 0}};
	struct request request = {.context = UINT64_MAX};
	struct options_more more = {more_options, more_help, take, &request};
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0 && !usage_operands("silt annotate", usage, argv + optind, 1, 2,
					  "a source file, and a run or snapshot")) {
		status = 2;
	} else if (status < 0) {
		status = annotate(&request, argv + optind);
	}
	options_free(&request.options);
	return status;
}
