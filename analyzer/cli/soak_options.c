/*
 * Reads the options of `silt soak`: see soak_options.h.
 */
#include "cli/soak_options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/process.h"
#include "cli/usage.h"
#include "soak/launch.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt soak [options] [--] PROGRAM [ARG...]\n"
	"       silt soak [options] --attach PID\n"
	"\n"
	"Starts PROGRAM, waits until it is ready, runs the load, takes snapshots, stops PROGRAM, "
	"and judges the\n"
	"run as `silt check` does.\n"
	"Exit status: 0 clean, 1 findings, 2 wrong usage or a soak that did not go as planned, 3 "
	"inconclusive.\n"
	"\n"
	"      --attach PID          judge a process that runs already: attach to it, and detach "
	"at the end\n"
	"      --duration T          how long, from when the program is ready (default: as long as "
	"the load\n"
	"                            runs, or 1m without a load)\n"
	"      --load COMMAND        shell command that gives the program work; with --duration it "
	"is repeated\n"
	"      --ready PORT|COMMAND  ready when [HOST:]PORT accepts a connection, or when this "
	"shell command\n"
	"                            exits with 0 (default: at once)\n"
	"      --stop SIGNAL         the signal that ends the program (default: TERM)\n"
	"      --timeout T           how long the program may take to get ready, and to end "
	"(default: 1m)\n"
	"  -o, --out DIR             make a directory for this soak in DIR (default: silt-out)\n"
	"      --max-disk SIZE       above this size, remove runs of processes that have ended "
	"(default: 1G;\n"
	"                            0: never)\n"
	"      --selftest[=SIZE]     make PROGRAM leak SIZE a second (default: 64K); succeed if "
	"silt finds it\n"
	"  -i, --interval T          between snapshots (default: a 120th of the duration, 250ms to "
	"60s)\n"
	"      --graph WHEN          include the heap graph: never, last, all or auto (default: "
	"all)\n"
	"      --depth N             as for silt run, and so are these:\n"
	"      --sample SIZE\n"
	"      --memory SIZE\n"
	"      --only GLOB\n"
	"      --keep N\n"
	"  -g, --growth SIZE\n"
	"      --peak on|off\n"
	"      --signal NAME\n"
	"\n";

enum { DURATION = 3000, LOAD, READY, STOP, TIMEOUT, MAX_DISK, SELFTEST, ATTACH };

static const struct option known[] = {
	{"attach", required_argument, NULL, ATTACH},
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

#define LETTERS "+o:i:g:h"

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

/* The library of --selftest is beside libsilt.so. */
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
	soak->leak_library = mem_format("%.*s/libsilt-selftest.so",
					(int)(strrchr(library, '/') - library), library);
	if (access(soak->leak_library, R_OK) != 0) {
		utf8_complain("silt soak: %s: %s", soak->leak_library, strerror(errno));
		return 2;
	}
	snprintf(number, sizeof number, "%" PRIu64, rate);
	setenv("SILT_SELFTEST", number, 1);
	return -1;
}

/* A number that is not a port is not a command either. */
static bool is_ready(const char *value)
{
	const char *colon = strrchr(value, ':'), *port = colon ? colon + 1 : value;
	char *host = soak_ready_host(value, &port);
	bool good = host || !*port || port[strspn(port, "0123456789")];

	free(host);
	return good && *value;
}

static int take(struct soak_options *options, int option, const char *value)
{
	struct soak *soak = &options->soak;

	switch (option) {
	case ATTACH:
		options->attach = value;
		return process_take_pid("soak", value, &soak->attached) ? -1 : 2;
	case DURATION:
		return take_time("duration", value, &soak->duration);
	case LOAD:
		soak->load = value;
		return -1;
	case READY:
		if (!is_ready(value))
			return complain("ready", value,
					"a port from 1 to 65535, HOST:PORT, or a command");
		soak->ready = value;
		return -1;
	case STOP:
		options->stop = value;
		soak->stop_signal = parse_signal(value);
		return soak->stop_signal ? -1
					 : complain("stop", value,
						    "a signal that can be caught, such as TERM");
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
		return option >= CONFIG_OPTION ? gate_options_take(&options->gate, option, value)
					       : launch_take("soak", option, value);
	}
}

static int take_configured(void *options, int option, const char *value)
{
	return take(options, option, value);
}

/* [soak] may contain options of [check], which it then overrides. */
static int configure(struct soak_options *options, const char *given)
{
	int status = config_read(&options->config, "soak", given)
			     ? gate_options_configure(&options->gate, &options->config)
			     : 2;

	if (status < 0)
		status = config_apply(&options->config, "soak", "soak", known, take_configured,
				      options);
	options->gate.kinds_configured = options->gate.policy.fail_on != NULL;
	return status;
}

/* Reads the operands: a program to start, or none with --attach. */
static int take_operands(struct soak_options *options, char **argv)
{
	struct soak *soak = &options->soak;
	bool attach = options->attach;

	if (!usage_operands(argv[0], usage, argv + optind, !attach, attach ? 0 : SIZE_MAX,
			    attach ? "no program beside --attach" : "a program to run"))
		return 2;
	if (attach && (options->stop || soak->leak_library)) {
		utf8_complain("silt soak: --attach %s: the process is not ended, nor made to leak: "
			      "leave out %s",
			      options->attach, options->stop ? "--stop" : "--selftest");
		return 2;
	}
	soak->program = argv + optind;
	if (attach)
		snprintf(options->name, sizeof options->name, "process %d", (int)soak->attached);
	soak->name = attach ? options->name : soak->program[0];
	return -1;
}

int soak_options_read(struct soak_options *options, int argc, char **argv)
{
	int option, status;

	*options = (struct soak_options){.soak = {.policy = &options->gate.policy,
						  .duration = -1,
						  .patience = 60,
						  .stop_signal = SIGTERM,
						  .disk_bytes = 1ull << 30}};
	gate_options_init(&options->gate, "soak");
	status = configure(options, config_given(argc, argv, LETTERS, known));
	while (status < 0 && (option = usage_getopt(argc, argv, LETTERS, known)) != -1) {
		if (option == 'h') {
			printf("%s%s", usage, gate_options_help);
			status = 0;
		} else {
			status = take(options, option, optarg);
		}
	}
	if (status < 0)
		status = take_operands(options, argv);
	return status;
}

void soak_options_free(struct soak_options *options)
{
	struct soak *soak = &options->soak;

	gate_options_free(&options->gate);
	free(soak->directory);
	free(soak->leak_library);
	free(soak->error);
	free(soak->early);
	config_free(&options->config);
}
