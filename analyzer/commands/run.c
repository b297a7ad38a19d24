/*
 * silt run: starts a program under libsilt.so with settings from options.
 * Called by main.c's table.
 * Must not: change what the program sees but for LD_PRELOAD and SILT_ variables.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "silt_snapshot.h"
#include "util/control.h"
#include "util/parse.h"

static const char usage[] =
	"Usage: silt run [options] [--] PROGRAM [ARG...]\n"
	"\n"
	"Runs PROGRAM and writes snapshots of its heap to OUT/EXE.PID/NNNN.silt, at least one when it ends.\n"
	"The exit status is PROGRAM's, 128+N if signal N ended it, 2 for a bad option, 126 or 127 if it "
	"cannot be run.\n"
	"\n"
	"  -o, --out DIR      parent of run directories (default: silt-out)\n"
	"  -i, --interval T   a snapshot every T: 250ms, 10s, 5m; also while the program is idle\n"
	"  -g, --growth SIZE  one whenever live bytes pass the last high mark by SIZE: 64M\n"
	"      --signal NAME  one on this signal: USR2\n"
	"      --depth N      frames kept per call stack, 1 to 256 (default: 64)\n"
	"      --sample SIZE  record a sample only, on average one block per SIZE bytes: 512K (default: 0, "
	"every block)\n"
	"      --only GLOB    record only executables whose name matches\n"
	"      --keep N       thin a longer run to N snapshots: first, last, an even spread (default: 256)\n";

/* -- options -- */

static int bad(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "silt run: %s %s: expected %s\n", option, value, expected);
	return 2;
}

/* Checks an option's value and hands it to the library in its variable; 0, or the exit status. */
static int set_option(int option, const char *value)
{
	uint64_t number;

	switch (option) {
	case 'o':
		setenv("SILT_OUT", value, 1);
		return 0;
	case 'i':
		if (!parse_duration(value, &number) || number < 1000000)
			return bad("--interval", value, "a time of at least 1ms such as 250ms, 10s or 5m");
		setenv("SILT_INTERVAL", value, 1);
		return 0;
	case 'g':
		if (!parse_size(value, &number) || number == 0)
			return bad("--growth", value, "a size such as 512K or 64M");
		setenv("SILT_GROWTH", value, 1);
		return 0;
	case 'S':
		if (parse_signal(value) == 0)
			return bad("--signal", value, "a signal that can be caught, such as USR2");
		setenv("SILT_SIGNAL", value, 1);
		return 0;
	case 'd':
		if (!parse_number(value, &number) || number < 1 || number > SILT_MAX_DEPTH)
			return bad("--depth", value, "a number of frames from 1 to 256");
		setenv("SILT_DEPTH", value, 1);
		return 0;
	case 's':
		if (!parse_size(value, &number))
			return bad("--sample", value, "a size such as 512K, or 0 to record every block");
		setenv("SILT_SAMPLE", value, 1);
		return 0;
	case 'G':
		if (strcmp(value, "never") != 0 && strcmp(value, "last") != 0 && strcmp(value, "all") != 0)
			return bad("--graph", value, "one of never, last, all");
		setenv("SILT_GRAPH", value, 1);
		return 0;
	case 'O':
		setenv("SILT_ONLY", value, 1);
		return 0;
	case 'k':
		if (!parse_number(value, &number) || number < 2 || number > 1000000)
			return bad("--keep", value, "a number of snapshots from 2 to 1000000");
		setenv("SILT_KEEP", value, 1);
		return 0;
	default:
		return 2;
	}
}

/* The variables may also come from the user's environment: the library only warns of a bad one, here it is an
 * error. */
static int check_variables(void)
{
	static const struct {
		const char *name;
		int option;
	} variables[] = {
		{"SILT_INTERVAL", 'i'}, {"SILT_GROWTH", 'g'}, {"SILT_SIGNAL", 'S'}, {"SILT_DEPTH", 'd'},
		{"SILT_SAMPLE", 's'},	{"SILT_GRAPH", 'G'},  {"SILT_KEEP", 'k'},
	};

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i].name);
		int status = value && value[0] ? set_option(variables[i].option, value) : 0;

		if (status)
			return status;
	}
	return 0;
}

/* -- what the program is started with -- */

/* SILT_LIBRARY, or ../lib/libsilt.so beside this program. NULL, with a message, if there is none. */
static const char *find_library(void)
{
	static char path[PATH_MAX + 32];
	const char *given = getenv("SILT_LIBRARY");
	ssize_t length;
	char *slash;

	if (given && given[0]) {
		if (realpath(given, path))
			return path;
		fprintf(stderr, "silt run: SILT_LIBRARY=%s: %s\n", given, strerror(errno));
		return NULL;
	}
	length = readlink("/proc/self/exe", path, PATH_MAX);
	if (length > 0) {
		path[length] = 0;
		slash = strrchr(path, '/');
		strcpy(slash, "/../lib/libsilt.so");
		if (access(path, R_OK) == 0) {
			char *resolved = realpath(path, NULL);

			if (resolved && strlen(resolved) < sizeof path)
				strcpy(path, resolved);
			free(resolved);
			return path;
		}
	}
	fprintf(stderr, "silt run: no libsilt.so at %s: install it there, or set SILT_LIBRARY\n", path);
	return NULL;
}

/* SILT_OUT, absolute; NULL after printing what is wrong. */
static const char *set_environment(const char *library)
{
	const char *others = getenv("LD_PRELOAD"), *out = getenv("SILT_OUT");
	char *preload = NULL, *absolute = NULL, directory[PATH_MAX];

	/* The dynamic linker splits LD_PRELOAD at both. */
	if (strpbrk(library, " :")) {
		fprintf(stderr, "silt run: %s: the library's path may hold no space or colon\n", library);
		return NULL;
	}
	if (asprintf(&preload, "%s%s%s", library, others && others[0] ? ":" : "", others ? others : "") < 0)
		return NULL;
	setenv("LD_PRELOAD", preload, 1);
	free(preload);
	if (!out || !out[0])
		out = "silt-out";
	if (out[0] != '/') { /* programs change directory, and their children inherit the variable */
		if (!getcwd(directory, sizeof directory) ||
		    asprintf(&absolute, "%s/%s", directory, out) < 0) {
			fprintf(stderr, "silt run: the working directory: %s\n", strerror(errno));
			return NULL;
		}
		setenv("SILT_OUT", absolute, 1);
		free(absolute);
	}
	setenv("SILT_SERVE", "1", 1);
	return getenv("SILT_OUT");
}

/* -- the program -- */

static volatile sig_atomic_t program_pid;

static void pass_on(int number)
{
	if (program_pid > 0)
		kill((pid_t)program_pid, number);
}

/* What a terminal sends, it sends to the program too; what is sent to us alone is meant for the program. */
static void set_signals(void)
{
	static const int passed[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT};
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		sigaction(passed[i], &action, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

static pid_t start_program(char **argv)
{
	sigset_t blocked, old;
	pid_t pid;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &old); /* none is lost between fork and set_signals */
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		execvp(argv[0], argv);
		fprintf(stderr, "silt run: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (pid > 0) {
		program_pid = pid;
		set_signals();
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* A program ended by a signal has its last snapshot written after its end: wait for that, so long as it may take (a heap
 * graph a minute, if SILT_GRAPH_LIMIT does not say more). */
#define LAST_SNAPSHOT_MS 300000
static void wait_for_last_snapshot(const char *out, pid_t pid)
{
	int connection = control_connect(out, pid);
	struct pollfd poll_for = {connection, POLLIN, 0};

	if (connection < 0)
		return;
	if (send(connection, "wait\n", 5, MSG_NOSIGNAL) == 5)
		poll(&poll_for, 1, LAST_SNAPSHOT_MS);
	close(connection);
}

static bool wrote_anything(const char *out, const struct timespec *since)
{
	DIR *directory = opendir(out);
	struct dirent *entry;
	struct stat status;
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = entry->d_name[0] != '.' &&
			fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 &&
			(status.st_mtim.tv_sec > since->tv_sec || (status.st_mtim.tv_sec == since->tv_sec &&
								   status.st_mtim.tv_nsec >= since->tv_nsec));
	if (directory)
		closedir(directory);
	return found;
}

int run_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},
		{"interval", required_argument, NULL, 'i'},
		{"growth", required_argument, NULL, 'g'},
		{"signal", required_argument, NULL, 'S'},
		{"depth", required_argument, NULL, 'd'},
		{"sample", required_argument, NULL, 's'},
		{"graph", required_argument, NULL, 'G'},
		{"only", required_argument, NULL, 'O'},
		{"keep", required_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct timespec before;
	const char *library, *out;
	int option, status;
	pid_t pid;

	while ((option = getopt_long(argc, argv, "+o:i:g:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		status = set_option(option, optarg);
		if (status)
			return status;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 2;
	}
	status = check_variables();
	if (status)
		return status;
	library = find_library();
	out = library ? set_environment(library) : NULL;
	if (!out)
		return 2;
	clock_gettime(CLOCK_REALTIME_COARSE, &before);
	pid = start_program(argv + optind);
	if (pid < 0) {
		fprintf(stderr, "silt run: cannot start a process: %s\n", strerror(errno));
		return 2;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	wait_for_last_snapshot(out, pid);
	if (!(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)) &&
	    !wrote_anything(out, &before))
		fprintf(stderr,
			"silt run: no snapshot was written to %s; silt does not see programs that are "
			"statically linked, "
			"set-user-ID, or not matched by --only\n",
			out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
