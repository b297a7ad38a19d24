/*
 * The `silt` program: a table of commands.
 * Must not: do anything else.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "util/mem.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", run_command, "run a program and record its heap"},
	{"snap", snap_command, "ask a running program for a snapshot"},
	{"top", top_command, "where a snapshot's live blocks were allocated"},
	{"diff", diff_command, "what changed between two snapshots, by call site"},
	{"timeline", timeline_command, "live heap, RSS and the sites that grow most, over time, as a chart"},
	{"report", report_command, "what leaks in a run, what kind of leak it is, who holds it"},
	{"check", check_command, "report as a gate: exit status and the formats of CI systems"},
	{"soak", soak_command, "run a program under load, then judge it as check does"},
	{"explain", explain_command, "a kind of leak: how it is told, how it is repaired"},
	{"annotate", annotate_command, "a source file with what each line allocated beside it"},
	{"lost", lost_command, "blocks that nothing points to any more, by call site; cycles"},
	{"holders", holders_command, "who holds the live blocks: globals, threads, with paths"},
	{"refs", refs_command, "who points to a site's blocks, and to whom they point"},
	{"generations", generations_command, "a site's survivors by the interval they were born in"},
	{"watch", watch_command, "a live screen of a running program: sites by growth, verdict so far"},
	{"html", html_command, "one self-contained page about a run, for a browser"},
	{"overhead", overhead_command, "what silt costs a program: runs with and without it in turn"},
	{"dump", dump_command, "every record of a snapshot, for debugging"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *file)
{
	fputs("Usage: silt COMMAND [ARGUMENT...]\n\n"
	      "Shows which call sites of a native program the memory comes from that is never given "
	      "back.\n\n",
	      file);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-11s %s\n", commands[i].name, commands[i].summary);
	fputs("\nsilt COMMAND --help says more, and so does silt(1).\n", file);
}

/* Output that could not be written (a full disk) is an error too; a reader that left (a pager) is none. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "silt: standard output: %s\n", strerror(errno));
	return status ? status : 2;
}

int main(int argc, char **argv)
{
	char *name;
	int status;

	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return finish(0);
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("silt " SILT_RELEASE);
		return finish(0);
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		name = mem_format("silt %s", argv[1]); /* what getopt and the commands name in errors */
		argv[1] = name;
		status = finish(commands[i].run(argc - 1, argv + 1));
		free(name);
		return status;
	}
	fprintf(stderr, "silt: no command \"%s\"; silt --help lists them\n", argv[1]);
	return 2;
}
