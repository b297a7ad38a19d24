/*
 * silt export: a snapshot, what changed between two, or a run, in the formats that other programs read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "model/stacks.h"
#include "render/exports.h"
#include "render/names.h"
#include "render/notes.h"
#include "util/utf8.h"
#include "util/whole_file.h"

static const char usage[] =
	"Usage: silt export --format FORMAT [options] SNAP|RUN\n"
	"       silt export --format FORMAT --base OLD [options] NEW\n"
	"\n"
	"Writes a snapshot (of a run: its last), or what changed since another one, for other programs:\n"
	"  pprof       compressed profile.proto, for go tool pprof, Pyroscope, Parca\n"
	"  folded      a line for each call stack, for flame graphs\n"
	"  speedscope  JSON for speedscope\n"
	"  callgrind   for callgrind_annotate and KCachegrind\n"
	"  csv         a table as of silt top and silt diff, for spreadsheets\n"
	"and of a run with all its snapshots\n"
	"  massif      for ms_print and massif-visualizer\n"
	"  dhat        for Valgrind's dh_view.html\n"
	"\n";

static const char more_help[] =
	"  -o, --out FILE       write FILE, whole or not at all (default, and -: standard output)\n"
	"      --base OLD       what changed since OLD; pprof, folded and csv\n"
	"      --value FIGURE   folded: size (live bytes), count (live blocks), total (bytes ever "
	"allocated), calls\n"
	"                       (blocks ever allocated) or temporary (blocks freed before the next "
	"allocation)\n"
	"                       --format is one of the above; --by, --cumulative, --sort and --limit are for "
	"csv\n";

enum { OPT_BASE = OPTIONS_FORMAT + 1, OPT_VALUE };

enum format { PPROF, FOLDED, SPEEDSCOPE, CALLGRIND, CSV, MASSIF, DHAT, FORMATS };
static const char *const format_names[FORMATS] = {"pprof", "folded", "speedscope", "callgrind",
						  "csv",   "massif", "dhat"};

struct request {
	struct options options;
	enum format format; /* FORMATS: none was given */
	const char *out, *base;
	enum stacks_figure figure;
};

static int complain_choice(const char *option, const char *value, const char *choices)
{
	utf8_complain("silt export: %s %s: expected %s", option, value, choices);
	return 2;
}

static int take_value(struct request *request, const char *value)
{
	static const struct {
		const char *name;
		enum stacks_figure figure;
	} figures[] = {{"size", STACKS_LIVE_BYTES},
		       {"count", STACKS_LIVE_BLOCKS},
		       {"total", STACKS_ALLOCATED_BYTES},
		       {"calls", STACKS_ALLOCATED_BLOCKS},
		       {"temporary", STACKS_TEMPORARY_BLOCKS}};

	for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
		if (strcmp(value, figures[i].name) == 0) {
			request->figure = figures[i].figure;
			return -1;
		}
	}
	return complain_choice("--value", value, "size, count, total, calls or temporary");
}

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	switch (option) {
	case OPTIONS_FORMAT:
		for (request->format = 0; request->format < FORMATS; request->format++)
			if (strcmp(value, format_names[request->format]) == 0) {
				request->options.json = true; /* for machines: without --limit all entries */
				return 0;
			}
		return complain_choice("--format", value,
				       "pprof, folded, speedscope, callgrind, csv, massif or dhat");
	case 'o':
		request->out = value;
		return -1;
	case OPT_BASE:
		request->base = value;
		return -1;
	case OPT_VALUE:
		return take_value(request, value);
	default:
		return -1;
	}
}

/* -- what is written -- */

struct content {
	struct request *request;
	struct profile_context *context;
	struct snapshot *old, *new;
	struct series *series; /* massif, dhat: instead of the two */
};

static void write_snapshots(FILE *file, const struct content *content)
{
	const struct request *request = content->request;
	const struct options *options = &request->options;
	struct profile *new = profile_new(content->context, content->new, &options->blame);
	struct profile *old =
		content->old ? profile_new(content->context, content->old, &options->blame) : NULL;
	struct stacks *stacks = NULL;
	struct statistics *statistics;
	unsigned char *data;
	size_t size;

	if (request->format != CSV)
		stacks = stacks_new(old, new, &options->filters);
	switch (request->format) {
	case PPROF:
		data = pprof_encode(stacks, old ? PPROF_DIFFERENCE : PPROF_STATE, &size);
		fwrite(data, 1, size, file);
		free(data);
		break;
	case FOLDED:
		folded_write(file, stacks, request->figure);
		break;
	case SPEEDSCOPE:
		speedscope_write(file, stacks);
		break;
	case CALLGRIND:
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

static void write_content(FILE *file, const struct content *content)
{
	struct export_run run = {content->series, content->context, &content->request->options.blame,
				 &content->request->options.filters};

	if (content->request->format == MASSIF)
		massif_write(file, &run);
	else if (content->request->format == DHAT)
		dhat_write(file, &run);
	else
		write_snapshots(file, content);
}

/* Folded stacks and tables have no place for what was lost: it is said beside them. */
static void print_quality(const struct snapshot *snapshot)
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

static bool write_out(const struct content *content)
{
	const char *out = content->request->out;
	struct whole_file file;
	bool good;

	if (!out || strcmp(out, "-") == 0) {
		write_content(stdout, content);
		return true; /* main() tells what went wrong with standard output */
	}
	good = whole_file_open(&file, out);
	if (good) {
		write_content(file.file, content);
		good = whole_file_close(&file, true);
	}
	if (!good)
		utf8_complain("silt export: %s: %s", out, strerror(errno));
	return good;
}

/* -- what is read -- */

static bool check_request(const struct request *request, char **operands)
{
	bool run = request->format == MASSIF || request->format == DHAT;

	if (request->format == FORMATS) {
		fputs("silt export: --format is needed: pprof, folded, speedscope, callgrind, csv, massif or "
		      "dhat\n",
		      stderr);
		return false;
	}
	if (!usage_operands("silt export", usage, operands, 1, run ? SIZE_MAX : 1, "a snapshot or a run"))
		return false;
	if (request->base && request->format != PPROF && request->format != FOLDED &&
	    request->format != CSV) {
		fprintf(stderr,
			"silt export: --base: %s knows no negative numbers; pprof, folded and csv can say "
			"what "
			"changed\n",
			format_names[request->format]);
		return false;
	}
	if (request->format == PPROF && (!request->out || strcmp(request->out, "-") == 0) &&
	    isatty(STDOUT_FILENO)) {
		fputs("silt export: pprof is binary and standard output a terminal: name a file with -o, or "
		      "redirect\n",
		      stderr);
		return false;
	}
	return true;
}

static bool load(struct content *content, const char *command, char **operands)
{
	const struct request *request = content->request;

	if (request->format == MASSIF || request->format == DHAT) {
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
		utf8_complain("silt export: %s: does not differ from itself; name another with --base, such "
			      "as RUN/0001.silt",
			      content->new->path);
		return false;
	}
	return content->new;
}

int export_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"out", required_argument, NULL, 'o'},
						     {"base", required_argument, NULL, OPT_BASE},
						     {"value", required_argument, NULL, OPT_VALUE},
						     {NULL, 0, NULL, 0}};
	struct request request = {.format = FORMATS, .figure = STACKS_LIVE_BYTES};
	struct options_more more = {more_options, more_help, take, &request};
	struct content content = {.request = &request};
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0) {
		status = 2;
		if (check_request(&request, argv + optind) && load(&content, argv[0], argv + optind)) {
			content.context = profile_context_new();
			status = write_out(&content) ? 0 : 2;
			notes_print(content.context);
			if (content.new && (request.format == FOLDED || request.format == CSV))
				print_quality(content.new);
			profile_context_free(content.context);
		}
	}
	snapshot_free(content.old);
	snapshot_free(content.new);
	series_free(content.series);
	options_free(&request.options);
	return status;
}
