/*
 * Reads the options of `silt export`: see export_options.h.
 */
#include "cli/export_options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/metrics_options.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "model/stacks.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt export --format FORMAT [options] SNAP|RUN\n"
	"       silt export --format FORMAT --base OLD [options] NEW\n"
	"\n"
	"Writes a snapshot (of a run: its last one), or what changed since another snapshot:\n"
	"  pprof       compressed profile.proto, for go tool pprof, Pyroscope, Parca\n"
	"  folded      a line for each call stack, for flame graphs\n"
	"  speedscope  JSON for speedscope\n"
	"  callgrind   for callgrind_annotate and KCachegrind\n"
	"  csv         the table of silt top or silt diff, for spreadsheets\n"
	"Writes a run, with all its snapshots:\n"
	"  massif      for ms_print and massif-visualizer\n"
	"  dhat        for Valgrind's dh_view.html\n"
	"Writes a run, or all runs in a directory:\n"
	"  openmetrics verdicts, findings and sizes, for Prometheus and its node_exporter\n"
	"  otlp        the same, in protobuf for collectors of OpenTelemetry\n"
	"\n";

static const char more_help[] =
	"  -o, --out FILE       write FILE, whole or not at all (default, and -: standard output)\n"
	"      --base OLD       write what changed since OLD; for pprof, folded and csv\n"
	"      --value FIGURE   for folded: size (live bytes), count (live blocks), total (bytes "
	"ever\n"
	"                       allocated), calls (blocks ever allocated) or temporary (blocks "
	"freed before\n"
	"                       the next allocation)\n"
	"      --label K=V      for openmetrics: a label of all figures; may be repeated\n"
	"                       --format is one of the above; --by, --cumulative, --sort and "
	"--limit are for\n"
	"                       csv\n";

#define FORMATS "pprof, folded, speedscope, callgrind, csv, massif, dhat, openmetrics or otlp"

enum { OPT_BASE = OPTIONS_FORMAT + 1, OPT_VALUE, OPT_LABEL };

static int complain_choice(const char *option, const char *value, const char *choices)
{
	utf8_complain("silt export: %s %s: expected %s", option, value, choices);
	return 2;
}

static int take_value(struct export_options *request, const char *value)
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
			request->content.figure = figures[i].figure;
			return -1;
		}
	}
	return complain_choice("--value", value, "size, count, total, calls or temporary");
}

static int take(void *argument, int option, const char *value)
{
	struct export_options *request = argument;

	switch (option) {
	case OPTIONS_FORMAT:
		for (request->content.format = 0; request->content.format < EXPORT_FORMATS;
		     request->content.format++)
			if (strcmp(value, export_format_names[request->content.format]) == 0) {
				/* machines get all entries unless --limit is given */
				request->options.json = true;
				return 0;
			}
		return complain_choice("--format", value, FORMATS);
	case 'o':
		request->out = value;
		return -1;
	case OPT_BASE:
		request->base = value;
		return -1;
	case OPT_VALUE:
		return take_value(request, value);
	case OPT_LABEL:
		return metrics_take_label(&request->labels, "export", value);
	default:
		return -1;
	}
}

static bool check_terminal(const struct export_options *request)
{
	if ((request->content.format != EXPORT_PPROF && request->content.format != EXPORT_OTLP) ||
	    (request->out && strcmp(request->out, "-") != 0) || !isatty(STDOUT_FILENO))
		return true;
	fprintf(stderr,
		"silt export: %s is binary and standard output a terminal: name a file with -o, or "
		"redirect\n",
		export_format_names[request->content.format]);
	return false;
}

static bool check_request(const struct export_options *request, char **operands)
{
	bool run =
		request->content.format == EXPORT_MASSIF || request->content.format == EXPORT_DHAT;

	if (request->content.format == EXPORT_FORMATS) {
		fputs("silt export: --format is needed: " FORMATS "\n", stderr);
		return false;
	}
	if (request->labels.count && request->content.format != EXPORT_OPENMETRICS &&
	    request->content.format != EXPORT_OTLP) {
		fputs("silt export: --label is for openmetrics and otlp\n", stderr);
		return false;
	}
	if (!usage_operands("silt export", usage, operands, 1, run ? SIZE_MAX : 1,
			    "a snapshot or a run"))
		return false;
	if (request->base && request->content.format != EXPORT_PPROF &&
	    request->content.format != EXPORT_FOLDED && request->content.format != EXPORT_CSV) {
		fprintf(stderr,
			"silt export: --base: %s cannot show a difference; pprof, folded and csv "
			"can\n",
			export_format_names[request->content.format]);
		return false;
	}
	return check_terminal(request);
}

static const struct option more_options[] = {{"out", required_argument, NULL, 'o'},
					     {"base", required_argument, NULL, OPT_BASE},
					     {"value", required_argument, NULL, OPT_VALUE},
					     {"label", required_argument, NULL, OPT_LABEL},
					     {NULL, 0, NULL, 0}};

int export_options_read(struct export_options *request, int argc, char **argv)
{
	struct options_more more = {more_options, more_help, take, NULL};
	int status;

	*request = (struct export_options){.content = {.options = &request->options,
						       .format = EXPORT_FORMATS,
						       .figure = STACKS_LIVE_BYTES}};
	more.argument = request;
	status = options_read_more(&request->options, usage, argc, argv, &more);
	return status < 0 && !check_request(request, argv + optind) ? 2 : status;
}

void export_options_free(struct export_options *request)
{
	metrics_free_labels(&request->labels);
	options_free(&request->options);
}
