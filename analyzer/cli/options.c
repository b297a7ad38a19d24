/* Reads the options that the reading commands share: see options.h. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/usage.h"
#include "load/run_moment.h"
#include "model/filter.h"
#include "model/statistics.h"
#include "render/notes.h"
#include "util/mem.h"
#include "util/parse.h"

#define DEFAULT_LIMIT 10

const char options_help[] =
	"      --by KEY         group by line, function, file, module or traceback (default: "
	"line)\n"
	"      --cumulative     count a call stack for each of its frames, not only for the blamed "
	"one\n"
	"      --sort ORDER     sort by size, count (blocks), total (bytes ever allocated), calls, "
	"or peak\n"
	"                       (the most live bytes of each call stack) (default: size)\n"
	"  -n, --limit N        show N entries, 0: all (default: 10; with --format json: all)\n"
	"      --include PATTERN[:LINE]\n"
	"      --exclude PATTERN[:LINE]\n"
	"                       show only call stacks whose blamed frame matches, or does not "
	"match: a glob\n"
	"                       for the whole source path, function or module name; may be "
	"repeated\n"
	"      --all-frames     match --include and --exclude against all frames of a call stack\n"
	"      --traceback[=N]  show the call stack of each entry, innermost frame first (N "
	"frames)\n"
	"      --skip PATTERN   treat functions that match as allocators, and blame their callers; "
	"none: blame\n"
	"                       the innermost frame\n"
	"      --at WHEN        the snapshot that a run stands for: end (its last one), peak (the "
	"one with the\n"
	"                       most live bytes); else the last one before its end began\n"
	"      --format FORMAT  text or json\n"
	"      --color WHEN     auto, always or never\n";

enum {
	OPT_BY = 256,
	OPT_CUMULATIVE,
	OPT_SORT,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_ALL,
	OPT_TRACEBACK,
	OPT_SKIP,
	OPT_AT,
	OPT_FORMAT,
	OPT_COLOR
};

static const struct option long_options[] = {
	{"by", required_argument, NULL, OPT_BY},
	{"cumulative", no_argument, NULL, OPT_CUMULATIVE},
	{"sort", required_argument, NULL, OPT_SORT},
	{"limit", required_argument, NULL, 'n'},
	{"include", required_argument, NULL, OPT_INCLUDE},
	{"exclude", required_argument, NULL, OPT_EXCLUDE},
	{"all-frames", no_argument, NULL, OPT_ALL},
	{"traceback", optional_argument, NULL, OPT_TRACEBACK},
	{"skip", required_argument, NULL, OPT_SKIP},
	{"at", required_argument, NULL, OPT_AT},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"color", required_argument, NULL, OPT_COLOR},
	{"colour", required_argument, NULL, OPT_COLOR},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Returns the index of `text` in `names`; -1 after printing an error. */
static int choose(const char *command, const char *option, const char *text,
		  const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	fprintf(stderr, "%s: %s %s: expected", command, option, text);
	for (int i = 0; names[i]; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : names[i + 1] ? "," : " or", names[i]);
	fputc('\n', stderr);
	return -1;
}

static bool read_count(const char *command, const char *option, const char *text, uint64_t least,
		       uint64_t *count)
{
	if (parse_number(text, count) && *count >= least)
		return true;
	fprintf(stderr, "%s: %s %s: expected a number%s\n", command, option, text,
		least ? " from 1" : "");
	return false;
}

static void add_skip(struct options *options, const char *pattern)
{
	if (strcmp(pattern, "none") == 0) {
		options->blame.nothing_skipped = true;
		return;
	}
	MEM_GROW(options->blame.patterns, options->blame.count, options->blame_capacity);
	options->blame.patterns[options->blame.count++] = pattern;
}

static const char *const orders[] = {"size", "count", "total", "calls", "peak", NULL};

bool options_set_order(struct options *options, const char *name)
{
	for (int i = 0; orders[i]; i++) {
		if (strcmp(name, orders[i]) != 0)
			continue;
		options->statistics.order = (enum statistics_order)i;
		return true;
	}
	return false;
}

static bool read_option(struct options *options, const char *command, int option,
			const struct options_more *more)
{
	static const char *const keys[] = {"line", "function", "file", "module", "traceback", NULL};
	static const char *const formats[] = {"text", "json", NULL};
	static const char *const moments[] = {"end", "peak", NULL};
	static const char *const colours[] = {"auto", "always", "never", NULL};
	int choice = 0;

	switch (option) {
	case OPT_BY:
		choice = choose(command, "--by", optarg, keys);
		options->statistics.key = (enum statistics_key)choice;
		break;
	case OPT_CUMULATIVE:
		options->statistics.cumulative = true;
		break;
	case OPT_SORT:
		if (more && more->take(more->argument, OPTIONS_SORT, optarg) == 0)
			return true;
		choice = choose(command, "--sort", optarg, orders);
		options->statistics.order = (enum statistics_order)choice;
		break;
	case 'n':
		if (!read_count(command, "--limit", optarg, 0, &options->limit))
			return false;
		if (options->limit == 0)
			options->limit = UINT64_MAX;
		break;
	case OPT_INCLUDE:
	case OPT_EXCLUDE:
		filter_add(&options->filters, optarg, option == OPT_INCLUDE);
		break;
	case OPT_ALL:
		options->filters.all_frames = true;
		break;
	case OPT_TRACEBACK:
		options->traceback = UINT64_MAX;
		if (optarg && !read_count(command, "--traceback", optarg, 1, &options->traceback))
			return false;
		break;
	case OPT_SKIP:
		add_skip(options, optarg);
		break;
	case OPT_AT:
		choice = choose(command, "--at", optarg, moments);
		options->moment = choice == 1 ? RUN_PEAK : RUN_END;
		break;
	case OPT_FORMAT:
		choice = more ? more->take(more->argument, OPTIONS_FORMAT, optarg) : -1;
		if (choice >= 0)
			return choice == 0;
		choice = choose(command, "--format", optarg, formats);
		options->json = choice == 1;
		break;
	case OPT_COLOR:
		choice = choose(command, "--color", optarg, colours);
		options->colour = choice == 1 || (choice == 0 && options->colour);
		break;
	default:
		return false;
	}
	return choice >= 0;
}

/* Joins "--traceback 5" to "--traceback=5": getopt takes an optional argument only after "=". */
static void join_traceback_argument(int argc, char **argv)
{
	uint64_t number;

	for (int i = 1; i + 1 < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--traceback") == 0 && parse_number(argv[i + 1], &number)) {
			/* freed with the process: argv may be used until its end */
			argv[i] = mem_format("--traceback=%s", argv[i + 1]);
			memmove(&argv[i + 1], &argv[i + 2], (size_t)(argc - i - 1) * sizeof *argv);
			return;
		}
	}
}

static int count_arguments(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	return count;
}

#define OWN_OPTIONS (sizeof long_options / sizeof long_options[0])
#define MORE_OPTIONS 16

int options_read(struct options *options, const char *usage, int argc, char **argv)
{
	return options_read_more(options, usage, argc, argv, NULL);
}

int options_read_more(struct options *options, const char *usage, int argc, char **argv,
		      const struct options_more *more)
{
	bool terminal = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	char letters[32] = "n:h";
	size_t length = strlen(letters);
	struct option all[OWN_OPTIONS + MORE_OPTIONS] = {{0}};
	size_t extra = 0;
	int option;

	for (; more && more->options[extra].name && extra < MORE_OPTIONS; extra++) {
		all[extra] = more->options[extra];
		if (all[extra].val > 255)
			continue;
		letters[length++] = (char)all[extra].val;
		if (all[extra].has_arg == required_argument)
			letters[length++] = ':';
	}
	memcpy(all + extra, long_options, sizeof long_options);

	*options = (struct options){.colour = terminal};
	options->statistics.filters = &options->filters;
	join_traceback_argument(argc, argv);
	argc = count_arguments(argv);
	while ((option = usage_getopt(argc, argv, letters, all)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			if (more)
				fputs(more->help, stdout);
			fputs(options_help, stdout);
			return 0;
		}
		if (more && (option >= OPTIONS_FORMAT ||
			     (option < 256 && option != '?' && strchr(letters + 3, option)))) {
			int status = more->take(more->argument, option, optarg);

			if (status >= 0)
				return status;
		} else if (option == '?' || !read_option(options, argv[0], option, more)) {
			return 2;
		}
	}
	if (options->limit == 0)
		options->limit = options->json ? UINT64_MAX : DEFAULT_LIMIT;
	if (options->statistics.cumulative && options->statistics.key == KEY_TRACEBACK) {
		fprintf(stderr,
			"%s: --cumulative counts frames, it cannot be used with --by traceback\n",
			argv[0]);
		return 2;
	}
	return -1;
}

void options_free(struct options *options)
{
	filter_free(&options->filters);
	free(options->blame.patterns);
}

void options_print_hints(const struct options *options, const struct profile *profile)
{
	if (!options->json)
		notes_print_allocators(profile, &options->filters, &options->blame);
}
