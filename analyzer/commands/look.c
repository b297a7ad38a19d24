/*
 * silt look: shows what a process that runs has on its heap, and who holds it: attaches, takes one
 * snapshot with the heap graph, detaches.
 * Must not: leave the process attached.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach/attach.h"
#include "cli/interruption.h"
#include "cli/process.h"
#include "cli/usage.h"
#include "commands/attach_to.h"
#include "commands/commands.h"
#include "load/snapshot.h"
#include "render/heap_view.h"
#include "soak/launch.h"
#include "util/control.h"
#include "util/mem.h"

static const char usage[] =
	"Usage: silt look [options] PID\n"
	"\n"
	"Takes one snapshot of the process PID, which runs already, and shows who holds its "
	"blocks, which\n"
	"blocks are lost, and how much memory of the allocator is free. Nothing of silt stays at "
	"work in the\n"
	"process.\n"
	"\n"
	"  -o, --out DIR    parent of the run directory with the snapshot (default: silt-out)\n"
	"      --limit N    show N holders and lost call sites (default: 10)\n"
	"  -t, --timeout T  how long to look for a moment at which silt can attach (default: 5s)\n";

/* Takes the snapshot. Returns its path, through the root of the process, which may see other files;
 * the caller frees it. NULL: none; an error is printed unless a signal came. */
static char *take(pid_t pid)
{
	char *run = attach_find_run(pid), answer[5000] = "";
	int connection = run ? control_connect_in(run) : -1;
	const char *slash;
	char *path = NULL;

	if (connection >= 0 && interruption_of(connection) &&
	    control_ask(connection, "graph look\n", answer, sizeof answer) > 0 &&
	    strncmp(answer, "ok ", 3) == 0 && (slash = strrchr(answer, '/')))
		path = mem_format("%s%s", run, slash);
	else if (!interruption_came())
		process_refuse("look", pid, "it did not take a snapshot");
	interruption_of(-1);
	if (connection >= 0)
		close(connection);
	free(run);
	return path;
}

static void show_heap(const char *path)
{
	struct snapshot_error error;
	struct snapshot *snapshot = snapshot_load(path, &error);

	if (snapshot)
		heap_view_print(&snapshot->process);
	snapshot_free(snapshot);
}

static int show_with(int (*command)(int argc, char **argv), const char *name, const char *limit,
		     const char *path)
{
	char *arguments[] = {mem_format("silt %s", name), mem_string("--limit"), mem_string(limit),
			     mem_string(path), NULL};
	int status;

	optind = 0; /* makes getopt_long() start again */
	putchar('\n');
	status = command(4, arguments);
	for (int i = 0; i < 4; i++)
		free(arguments[i]);
	return status;
}

static int detach(pid_t pid, uint64_t timeout_ns)
{
	struct attach_request request = {pid, "", "", 1, timeout_ns};
	struct attach_answer answer;
	bool good = attach_end_at_once(&request, &answer);
	int status = good ? 0 : process_refuse("look", pid, answer.refusal);

	attach_answer_free(&answer);
	return status;
}

static int look(pid_t pid, const char *limit, uint64_t timeout_ns)
{
	int status;
	char *path;

	interruption_begin();
	status = attach_to("look", pid, timeout_ns, false);
	path = status ? NULL : take(pid);
	status = status ? status : detach(pid, timeout_ns);
	interruption_end();
	if (!path)
		return 2;
	show_heap(path);
	show_with(holders_command, "holders", limit, path);
	show_with(lost_command, "lost", limit, path);
	free(path);
	return status;
}

int look_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},
		{"limit", required_argument, NULL, 'n'},
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *out = getenv("SILT_OUT"), *limit = "10";
	uint64_t timeout_ns = ATTACH_TIMEOUT_NS;
	int option, status;
	pid_t pid;

	while ((option = usage_getopt(argc, argv, "o:t:h", options)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == '?' ||
		    (option == 't' && process_take_timeout("look", optarg, &timeout_ns) >= 0))
			return 2;
		out = option == 'o' ? optarg : out;
		limit = option == 'n' ? optarg : limit;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "the number of a process") ||
	    !process_take_pid("look", argv[optind], &pid))
		return 2;
	setenv("SILT_INTERVAL", "off", 1);
	setenv("SILT_GRAPH", "never", 1);
	status = launch_prepare("look", out, NULL);
	return status ? status : look(pid, limit, timeout_ns);
}
