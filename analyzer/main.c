/*
 * The `silt` program: a table of commands.
 * Must not: do anything else.
 */
#include <errno.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <elfutils/version.h>

#include "commands/commands.h"
#include "silt_release.h"
#include "silt_snapshot.h"
#include "soak/launch.h"
#include "util/child.h"
#include "util/mem.h"
#include "util/suggest.h"
#include "util/utf8.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", run_command, "run a program and record its heap"},
	{"attach", attach_command, "record a process that runs already"},
	{"detach", detach_command, "end the recording of attach"},
	{"look", look_command,
	 "take one snapshot of a process that runs already: holders, lost blocks"},
	{"snap", snap_command, "take a snapshot of a recorded process now"},
	{"top", top_command, "show where the live blocks of a snapshot were allocated"},
	{"diff", diff_command, "show what changed between two snapshots, by call site"},
	{"timeline", timeline_command, "chart live heap, RSS and the growing call sites over time"},
	{"report", report_command,
	 "judge a run: what leaks, what kind of leak it is, who holds it"},
	{"check", check_command, "judge many runs as a gate: exit status, formats of CI systems"},
	{"fleet", fleet_command,
	 "judge the runs of many hosts: with which build, host or argument a leak occurs"},
	{"soak", soak_command, "run a program under load, then judge the run as check does"},
	{"bisect", bisect_command,
	 "find the commit that introduced a leak: git bisect, a soak for each step"},
	{"explain", explain_command,
	 "describe a kind of leak: how silt recognizes it, how to fix it"},
	{"annotate", annotate_command, "show a source file with the bytes and blocks of each line"},
	{"lost", lost_command, "show blocks that no pointer leads to, by call site, and cycles"},
	{"holders", holders_command,
	 "show who holds the live blocks: global variables, threads, with paths"},
	{"refs", refs_command, "show the pointers to and from the blocks of a call site"},
	{"generations", generations_command,
	 "show live blocks by the snapshot interval they were allocated in"},
	{"watch", watch_command,
	 "show a live screen of a running program: growth and verdict so far"},
	{"html", html_command, "write one self-contained page about a run, for a browser"},
	{"export", export_command,
	 "write pprof, folded, speedscope, callgrind, csv, massif, dhat or openmetrics"},
	{"serve", serve_command, "serve the metrics of runs over HTTP, for Prometheus"},
	{"push", push_command, "send profiles to Pyroscope or Parca, metrics by OTLP"},
	{"overhead", overhead_command,
	 "measure what silt costs a program, by runs with and without it"},
	{"dump", dump_command, "print every record of a snapshot, for debugging"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *file)
{
	fputs("Usage: silt COMMAND [ARGUMENT...]\n\n"
	      "Finds the call sites of a native program whose memory is never freed.\n"
	      "First: silt run PROGRAM, then silt report.\n\n",
	      file);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-11s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'silt help COMMAND' describes a command, silt(1) all of them.\n", file);
}

static void print_version(void)
{
	const char *library;

	puts("silt " SILT_RELEASE);
#ifdef __clang__
	puts("  compiler: clang " __clang_version__);
#else
	puts("  compiler: gcc " __VERSION__);
#endif
	printf("  glibc: %d.%d when built, %s now\n", __GLIBC__, __GLIBC_MINOR__,
	       gnu_get_libc_version());
	printf("  elfutils: 0.%d\n", _ELFUTILS_VERSION);
	printf("  snapshot format: %u\n", SILT_VERSION);
	fflush(stdout);
	library = launch_library("--version");
	printf("  library: %s\n", library ? library : "none");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int refuse(const char *name)
{
	bool any = false;

	fprintf(stderr, "silt: no command \"");
	utf8_print(stderr, name);
	fputs("\"; ", stderr);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!suggest_near(name, commands[i].name))
			continue;
		fprintf(stderr, "%s%s", any ? " or " : "did you mean ", commands[i].name);
		any = true;
	}
	fputs(any ? "?\n" : "silt --help lists them\n", stderr);
	return 2;
}

/* Returns the exit status. Output that could not be written (a full disk) is an error; EPIPE
 * from a closed pager is not. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "silt: standard output: %s\n", strerror(errno));
	return status ? status : 2;
}

static int run_named(const struct command *command, int argc, char **argv)
{
	/* getopt and the commands name argv[0] in errors */
	char *name = mem_format("silt %s", command->name);
	int status;

	argv[0] = name;
	status = command->run(argc, argv);
	free(name);
	return status;
}

/* `silt help COMMAND` is `silt COMMAND --help`. */
static int help(int argc, char **argv)
{
	static char option[] = "--help";
	const struct command *command = argc > 2 ? find_command(argv[2]) : NULL;
	char *arguments[] = {NULL, option, NULL};

	if (argc <= 2) {
		print_help(stdout);
		return 0;
	}
	return command ? run_named(command, 2, arguments) : refuse(argv[2]);
}

/* Each snapshot needs arrays of a few MiB. If the kernel got them back in between, it would have
 * to map and clear them again. */
static void keep_freed_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

int main(int argc, char **argv)
{
	const struct command *command;

	keep_freed_memory();
	child_expect();
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return finish(help(strcmp(argv[1], "help") == 0 ? argc : 2, argv));
	if (strcmp(argv[1], "--version") == 0) {
		print_version();
		return finish(0);
	}
	command = find_command(argv[1]);
	return command ? finish(run_named(command, argc - 1, argv + 1)) : refuse(argv[1]);
}
