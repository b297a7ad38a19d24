/*
 * silt snap: asks a process that was started with `silt run` for a snapshot now.
 * Must not: signal or stop the process.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/process.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "render/written_view.h"
#include "util/control.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt snap PID [--graph] [--label TEXT] [--out DIR] [--timeout T]\n"
	"\n"
	"Asks the process PID, which silt records, for a snapshot, and prints the path of the "
	"snapshot.\n"
	"\n"
	"  -g, --graph       include the heap graph: who holds which blocks, and which are lost\n"
	"  -l, --label TEXT  a name for the snapshot, at most 255 bytes\n"
	"  -o, --out DIR     parent of the run directory (default: that of the process)\n"
	"  -t, --timeout T   how long to wait for the snapshot: 500ms, 10s (default: 60s, with the "
	"graph 5m)\n";

#define TIMEOUT_MS 60000
#define GRAPH_TIMEOUT_MS 300000

struct wish {
	const char *label, *given_out;
	bool graph;
	/* 0: the default timeout */
	uint64_t pid, timeout_ns;
};

/* Returns -1, or the exit status. */
static int read_options(struct wish *wish, int argc, char **argv)
{
	static const struct option options[] = {
		{"graph", no_argument, NULL, 'g'},     {"label", required_argument, NULL, 'l'},
		{"out", required_argument, NULL, 'o'}, {"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = usage_getopt(argc, argv, "gl:o:t:h", options)) != -1) {
		switch (option) {
		case 'g':
			wish->graph = true;
			break;
		case 'l':
			wish->label = optarg;
			break;
		case 'o':
			wish->given_out = optarg;
			break;
		case 't':
			if (!parse_duration(optarg, &wish->timeout_ns) || wish->timeout_ns == 0) {
				fprintf(stderr,
					"silt snap: --timeout %s: expected a time such as 500ms "
					"or 10s\n",
					optarg);
				return 2;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	}
	return -1;
}

/* Returns false after printing an error. */
static bool check(struct wish *wish, char **argv)
{
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "the number of a process"))
		return false;
	if (!parse_number(argv[optind], &wish->pid) || wish->pid == 0 || wish->pid > INT32_MAX) {
		utf8_complain("silt snap: %s: expected the number of a process", argv[optind]);
		return false;
	}
	if (strlen(wish->label) > 255 || strchr(wish->label, '\n')) {
		fprintf(stderr, "silt snap: --label takes one line of at most 255 bytes\n");
		return false;
	}
	if (kill((pid_t)wish->pid, 0) < 0 && errno == ESRCH) {
		fprintf(stderr, "silt snap: %s: no such process\n", argv[optind]);
		return false;
	}
	return true;
}

/* Stores the answer of the process, or "error" and the reason why there is none. */
static void ask(const struct wish *wish, int connection, char *answer, size_t size)
{
	int64_t timeout_ms = wish->timeout_ns ? (int64_t)(wish->timeout_ns / 1000000)
			     : wish->graph    ? GRAPH_TIMEOUT_MS
					      : TIMEOUT_MS;
	char request[300];
	ssize_t length;

	snprintf(request, sizeof request, "%s %s\n", wish->graph ? "graph" : "snapshot",
		 wish->label);
	length = control_ask_within(connection, request, answer, size, timeout_ms);
	if (length <= 0)
		snprintf(answer, size, "error the process %s",
			 length < 0 && errno == ETIMEDOUT ? "did not answer in time; see --timeout"
							  : "ended before it answered");
}

int snap_command(int argc, char **argv)
{
	struct wish wish = {.label = ""};
	char answer[5000];
	int connection, status = read_options(&wish, argc, argv);

	if (status >= 0)
		return status;
	if (!check(&wish, argv))
		return 2;
	connection = process_connect("snap", (pid_t)wish.pid, wish.given_out);
	if (connection < 0)
		return 2;
	ask(&wish, connection, answer, sizeof answer);
	close(connection);
	if (strncmp(answer, "ok ", 3) != 0) {
		fprintf(stderr, "silt snap: %s: ", argv[optind]);
		utf8_print(stderr, strncmp(answer, "error ", 6) ? answer : answer + 6);
		fputc('\n', stderr);
		return 2;
	}
	written_view_print(answer + 3);
	return 0;
}
