/* Reads the options of silt serve, and labels: see metrics_options.h. */
#include "cli/metrics_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/usage.h"
#include "load/run_dir.h"
#include "util/mem.h"
#include "util/utf8.h"

#define OPT_LABEL 1000

static const char usage[] = "Usage: silt serve [options] RUN|DIR\n"
			    "\n"
			    "Serves the metrics of a run, or of all runs in a directory, at "
			    "http://127.0.0.1:9750/metrics, for\n"
			    "Prometheus and other readers of OpenMetrics. It looks for new "
			    "snapshots until SIGTERM or Ctrl-C.\n"
			    "\n"
			    "  -l, --listen HOST:PORT  where to listen (default: 127.0.0.1:9750; "
			    "port 0: a free one). There is no\n"
			    "                          password: whoever reaches the port can read "
			    "function names and sizes\n"
			    "      --label K=V         a label of all figures; may be repeated\n"
			    "  -h, --help              print this help\n";

int metrics_take_label(struct openmetrics_labels *labels, const char *command, const char *value)
{
	const char *equal = strchr(value, '='), *wrong;
	char *name;

	if (!equal) {
		utf8_complain("silt %s: --label %s: expected NAME=VALUE", command, value);
		return 2;
	}
	name = mem_substring(value, (size_t)(equal - value));
	wrong = openmetrics_check_label(labels, name);
	if (wrong) {
		utf8_complain("silt %s: --label %s: %s", command, name, wrong);
		free(name);
		return 2;
	}
	MEM_GROW(labels->list, labels->count, labels->capacity);
	labels->list[labels->count++] = (struct openmetrics_label){name, utf8_clean(equal + 1)};
	return -1;
}

void metrics_free_labels(struct openmetrics_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->list[i].name);
		free(labels->list[i].value);
	}
	free(labels->list);
}

static int take(struct serve_options *options, int option, const char *value)
{
	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'l':
		options->listen = value;
		return -1;
	case OPT_LABEL:
		return metrics_take_label(&options->labels, "serve", value);
	default:
		return 2;
	}
}

int serve_options_read(struct serve_options *options, int argc, char **argv)
{
	static const struct option known[] = {{"listen", required_argument, NULL, 'l'},
					      {"label", required_argument, NULL, OPT_LABEL},
					      {"help", no_argument, NULL, 'h'},
					      {NULL, 0, NULL, 0}};
	int option, status = -1;

	*options = (struct serve_options){.listen = "127.0.0.1:9750"};
	while (status < 0 && (option = usage_getopt(argc, argv, "l:h", known)) != -1)
		status = take(options, option, optarg);
	if (status >= 0)
		return status;
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "a run or a directory of runs"))
		return 2;
	options->path = argv[optind];
	if (run_dir_is_directory(options->path))
		return -1;
	utf8_complain("silt serve: %s: %s", options->path,
		      access(options->path, F_OK) == 0 ? "not a directory" : strerror(errno));
	return 2;
}
