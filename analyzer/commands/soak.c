/*
 * silt soak: runs a program under load for a time, with snapshots, and judges them as `silt check` does.
 */
#include "commands/soak.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "commands/launch.h"
#include "commands/sight.h"
#include "silt_units.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

#define SELFTEST_FUNCTION "silt_selftest_leak" /* in selftest/leak.c */
#define SNAPSHOTS 120			       /* in a soak, if --interval does not say otherwise */
#define LEAST_INTERVAL 0.25		       /* seconds, by default */
#define MOST_INTERVAL 60

static const char usage[] =
	"Usage: silt soak [options] [--] PROGRAM [ARG...]\n"
	"\n"
	"Starts PROGRAM, waits until it is ready, runs the load, takes snapshots, stops it, and judges what "
	"was\n"
	"recorded as `silt check` does. Exit status: 0 clean, 1 findings, 2 usage or the soak did not go as\n"
	"planned, 3 inconclusive.\n"
	"\n"
	"      --duration T          for how long, from when it is ready (default: 1m, or as long as the "
	"load runs)\n"
	"      --load COMMAND        shell command that gives it work; again and again where --duration is "
	"given\n"
	"      --ready PORT|COMMAND  ready when this port ([HOST:]PORT) is open, or this command ends with "
	"status 0\n"
	"      --stop SIGNAL         what ends the program (default: TERM)\n"
	"      --timeout T           for getting ready, and for ending before it is killed (default: 1m)\n"
	"  -o, --out DIR             a directory for this soak is made in it (default: silt-out)\n"
	"      --max-disk SIZE       runs of processes that have ended go when there is more (default: 1G; "
	"0: never)\n"
	"      --selftest[=SIZE]     makes PROGRAM leak SIZE a second (default: 64K) and succeeds if that is "
	"found\n"
	"  -i, --interval T          between snapshots (default: a 120th of the duration, 250ms to 60s)\n"
	"      --graph W             who holds what: never, last, all (default: all)\n"
	"      --depth N             and the rest as for silt run:\n"
	"      --sample SIZE\n"
	"      --memory SIZE\n"
	"      --only GLOB\n"
	"      --keep N\n"
	"  -g, --growth SIZE\n"
	"      --signal NAME\n"
	"\n";

enum { DURATION = 3000, LOAD, READY, STOP, TIMEOUT, MAX_DISK, SELFTEST };

static int complain(const char *option, const char *value, const char *expected)
{
	utf8_complain("silt soak: --%s %s: expected %s", option, value, expected);
	return 2;
}

static int take_time(const char *option, const char *value, double *seconds)
{
	uint64_t ns;

	if (!parse_duration(value, &ns) || ns == 0)
		return complain(option, value, "a time such as 30s, 10m or 24h");
	*seconds = (double)ns / 1e9;
	return -1;
}

/* Its library stands beside libsilt.so. */
static int take_selftest(struct soak *soak, const char *value)
{
	const char *library = launch_library("soak");
	uint64_t rate = 65536;
	char number[32];

	if (!library)
		return 2;
	if (value && (!parse_size(value, &rate) || rate == 0))
		return complain("selftest", value, "a size such as 64K, for each second");
	free(soak->leak_library);
	soak->leak_library =
		mem_format("%.*s/libsilt-selftest.so", (int)(strrchr(library, '/') - library), library);
	if (access(soak->leak_library, R_OK) != 0) {
		utf8_complain("silt soak: %s: %s", soak->leak_library, strerror(errno));
		return 2;
	}
	snprintf(number, sizeof number, "%" PRIu64, rate);
	setenv("SILT_SELFTEST", number, 1);
	return -1;
}

/* A number that is no port is no command either. */
static bool is_ready(const char *value)
{
	const char *colon = strrchr(value, ':'), *port = colon ? colon + 1 : value;
	char *host = soak_ready_host(value, &port);
	bool good = host || !*port || port[strspn(port, "0123456789")];

	free(host);
	return good && *value;
}

static int take(struct soak *soak, int option, const char *value)
{
	switch (option) {
	case DURATION:
		return take_time("duration", value, &soak->duration);
	case LOAD:
		soak->load = value;
		return -1;
	case READY:
		if (!is_ready(value))
			return complain("ready", value, "a port from 1 to 65535, HOST:PORT, or a command");
		soak->ready = value;
		return -1;
	case STOP:
		soak->stop_signal = parse_signal(value);
		return soak->stop_signal
			       ? -1
			       : complain("stop", value, "a signal that can be caught, such as TERM");
	case TIMEOUT:
		return take_time("timeout", value, &soak->patience);
	case MAX_DISK:
		return parse_size(value, &soak->disk_bytes)
			       ? -1
			       : complain("max-disk", value, "a size such as 512M");
	case SELFTEST:
		return take_selftest(soak, value);
	case 'o':
		setenv("SILT_OUT", value, 1);
		return -1;
	default:
		return option >= CONFIG_OPTION ? gate_options_take(&soak->gate_options, option, value)
					       : launch_take("soak", option, value);
	}
}

/* OUT/soak-DATE-TIME, new, and with its parents. */
static bool make_directory(struct soak *soak)
{
	const char *out = getenv("SILT_OUT");
	char stamp[40];
	time_t now = time(NULL);
	struct tm local;

	out = out && *out ? out : "silt-out";
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
	for (int i = 1; i < 1000; i++) {
		free(soak->directory);
		soak->directory = i == 1 ? mem_format("%s/soak-%s", out, stamp)
					 : mem_format("%s/soak-%s-%d", out, stamp, i);
		for (char *c = soak->directory + 1; (c = strchr(c, '/')); c++) {
			*c = 0;
			mkdir(soak->directory, 0700);
			*c = '/';
		}
		if (mkdir(soak->directory, 0700) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	utf8_complain("silt soak: %s: %s", soak->directory, strerror(errno));
	return false;
}

/* Snapshots often enough to judge, and with the graph, where the user does not say otherwise. */
static void set_defaults(struct soak *soak)
{
	const char *interval = getenv("SILT_INTERVAL"), *graph = getenv("SILT_GRAPH");
	double duration = soak->duration >= 0 ? soak->duration : 60;
	uint64_t ns = 0;
	char text[32];

	/* Its own idea of automatic; and without an interval there is nothing to judge. */
	if (!interval || !*interval ||
	    (silt_units_interval(interval, &ns) && (!ns || ns == SILT_INTERVAL_AUTO))) {
		snprintf(text, sizeof text, "%.0fms",
			 fmin(MOST_INTERVAL, fmax(LEAST_INTERVAL, duration / SNAPSHOTS)) * 1000);
		setenv("SILT_INTERVAL", text, 1);
	}
	if (parse_duration(getenv("SILT_INTERVAL"), &ns))
		soak->interval = (double)ns / 1e9;
	if (!graph || !*graph)
		setenv("SILT_GRAPH", "all", 1);
}

static void tell_costs(const struct soak *soak, const struct gate *gate)
{
	double first = 0, last = 0;
	char sizes[3][SIZE_TEXT], *times;

	for (size_t i = 0; i < gate->program_count; i++) {
		first += (double)gate->programs[i].recorder_first;
		last += (double)gate->programs[i].recorder_last;
	}
	times = soak->was_ready
			? mem_format("ready after %.1f s, ran %.1f s", soak->ready_seconds, soak->ran_seconds)
			: mem_string("never ready");
	utf8_complain("silt soak: %s; silt's own: memory %s at first, %s at last, CPU "
		      "for "
		      "snapshots %.2f s, disk %s in %s",
		      times, size_format(sizes[0], first, false), size_format(sizes[1], last, false),
		      soak->snapshot_cpu_seconds,
		      size_format(sizes[2], soak_disk_usage(soak->directory), false), soak->directory);
	free(times);
	if (soak->runs_removed)
		utf8_complain("silt soak: %" PRIu64 " run%s of ended processes %s removed: --max-disk",
			      soak->runs_removed, words_s(soak->runs_removed),
			      words_plural(soak->runs_removed, "was", "were"));
}

/* --selftest: the status is whether the gate has seen what it must see. */
static int conclude_selftest(const struct gate *gate)
{
	const struct gate_finding *found = NULL;

	for (size_t i = 0; i < gate->finding_count && !found; i++) {
		const char *function = gate->findings[i].account->function;

		if (function && strcmp(function, SELFTEST_FUNCTION) == 0)
			found = &gate->findings[i];
	}
	if (found && !found->excused) {
		fputs("silt soak: the gate works: the leak that --selftest made was found\n", stderr);
		return 0;
	}
	utf8_complain("silt soak: the gate does not see the leak that --selftest made: %s",
		      found		  ? found->excused
		      : gate->status == 3 ? "the run is too short to judge; give it a longer --duration"
					  : "nothing is wrong with it, by this policy");
	return 1;
}

static int conclude(struct soak *soak)
{
	struct gate *gate = gate_options_judge(&soak->gate_options, (char *[]){soak->directory, NULL});
	int status, tested = -1;

	if (soak->error)
		utf8_complain("silt soak: %s", soak->error);
	if (!gate)
		return 2;
	if (soak->early) {
		utf8_complain("silt soak: %s; %s", soak->early,
			      gate->status == 3 ? "that is too little to judge" : "what is there is judged");
		if (gate->status == 3)
			gate_add_error(gate, soak->program[0], soak->early);
	}
	if (soak->error)
		gate_add_error(gate, soak->program[0], soak->error);
	tell_costs(soak, gate);
	if (soak->leak_library)
		tested = conclude_selftest(gate);
	status = gate_options_conclude(&soak->gate_options, gate);
	return tested >= 0 && status < 2 ? tested : status;
}

static int run_soak(struct soak *soak)
{
	int status;

	if (!make_directory(soak))
		return 2;
	set_defaults(soak);
	status = launch_prepare("soak", soak->directory, soak->leak_library);
	free(soak->directory);
	soak->directory = mem_string(launch_out());
	if (status == 0 && (!sight_before("soak", soak->program[0], false) || !soak_run(soak)))
		status = 2;
	if (status)
		return status;
	if (soak->gate_options.policy.warmup >=
	    0) /* counted from when it was ready; the series begins at its start */
		soak->gate_options.policy.warmup += soak->ready_seconds;
	return conclude(soak);
}

static int take_configured(void *soak, int option, const char *value)
{
	return take(soak, option, value);
}

/* [soak] may have options of [check] too, and then has the last word. */
static int configure(struct soak *soak, struct config *config, const char *given,
		     const struct option *options)
{
	int status =
		config_read(config, "soak", given) ? gate_options_configure(&soak->gate_options, config) : 2;

	if (status < 0)
		status = config_apply(config, "soak", "soak", options, take_configured, soak);
	soak->gate_options.kinds_configured = soak->gate_options.policy.fail_on != NULL;
	return status;
}

int soak_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"duration", required_argument, NULL, DURATION},
		{"load", required_argument, NULL, LOAD},
		{"ready", required_argument, NULL, READY},
		{"stop", required_argument, NULL, STOP},
		{"timeout", required_argument, NULL, TIMEOUT},
		{"out", required_argument, NULL, 'o'},
		{"max-disk", required_argument, NULL, MAX_DISK},
		{"selftest", optional_argument, NULL, SELFTEST},
		LAUNCH_OPTIONS,
		GATE_OPTIONS,
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct soak soak = {.duration = -1, .patience = 60, .stop_signal = SIGTERM, .disk_bytes = 1ull << 30};
	struct config config;
	int option, status;

	gate_options_init(&soak.gate_options, "soak");
	status = configure(&soak, &config, config_given(argc, argv, "+o:i:g:h", options), options);
	while (status < 0 && (option = usage_getopt(argc, argv, "+o:i:g:h", options)) != -1) {
		if (option == 'h') {
			printf("%s%s", usage, gate_options_help);
			status = 0;
		} else {
			status = take(&soak, option, optarg);
		}
	}
	if (status < 0 && !usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "a program to run"))
		status = 2;
	soak.program = argv + optind;
	if (status < 0)
		status = run_soak(&soak);
	gate_options_free(&soak.gate_options);
	free(soak.directory);
	free(soak.leak_library);
	free(soak.error);
	free(soak.early);
	config_free(&config);
	return status;
}
