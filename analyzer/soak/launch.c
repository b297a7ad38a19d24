/*
 * Starts a program under libsilt.so: see launch.h.
 * Must not: change what the program sees except LD_PRELOAD and SILT_ variables.
 */
#include "soak/launch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "silt_snapshot.h"
#include "silt_units.h"
#include "util/child.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

/* -- options -- */

static int bad(const char *command, const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "silt %s: %s %s: expected %s\n", command, option, value, expected);
	return 2;
}

int launch_take(const char *command, int option, const char *value)
{
	uint64_t number;

	switch (option) {
	case 'i':
		if (!silt_units_interval(value, &number))
			return bad(command, "--interval", value,
				   "auto, off, or a time of at least 1ms such as 250ms, 10s or 5m");
		setenv("SILT_INTERVAL", value, 1);
		return -1;
	case 'g':
		if (!parse_size(value, &number) || number == 0)
			return bad(command, "--growth", value, "a size such as 512K or 64M");
		setenv("SILT_GROWTH", value, 1);
		return -1;
	case 'S':
		if (parse_signal(value) == 0)
			return bad(command, "--signal", value,
				   "a signal that can be caught, such as USR2");
		setenv("SILT_SIGNAL", value, 1);
		return -1;
	case 'd':
		if (!parse_number(value, &number) || number < 1 || number > SILT_MAX_DEPTH)
			return bad(command, "--depth", value, "a number of frames from 1 to 256");
		setenv("SILT_DEPTH", value, 1);
		return -1;
	case 's':
		if (!parse_size(value, &number))
			return bad(command, "--sample", value,
				   "a size such as 512K, or 0 to record every block");
		setenv("SILT_SAMPLE", value, 1);
		return -1;
	case 'm':
		if (!parse_size(value, &number) || (number && number < SILT_LEAST_MEMORY))
			return bad(command, "--memory", value,
				   "a size of at least 1M, or 0 for no limit");
		setenv("SILT_MEMORY", value, 1);
		return -1;
	case 'G':
		if (strcmp(value, "never") != 0 && strcmp(value, "last") != 0 &&
		    strcmp(value, "all") != 0 && strcmp(value, "auto") != 0)
			return bad(command, "--graph", value, "one of never, last, all, auto");
		setenv("SILT_GRAPH", value, 1);
		return -1;
	case 'P':
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return bad(command, "--peak", value, "on or off");
		setenv("SILT_PEAK", value, 1);
		return -1;
	case 'O':
		setenv("SILT_ONLY", value, 1);
		return -1;
	case 'k':
		if (!parse_number(value, &number) || number < 2 || number > 1000000)
			return bad(command, "--keep", value,
				   "a number of snapshots from 2 to 1000000");
		setenv("SILT_KEEP", value, 1);
		return -1;
	default:
		return 2;
	}
}

void launch_default(const char *name, const char *value)
{
	const char *given = getenv(name);

	if (!given || !given[0])
		setenv(name, value, 1);
}

/* The user's environment may set the variables too. The library only warns of a bad value; here
 * it is an error. */
static int check_variables(const char *command)
{
	static const struct {
		const char *name;
		int option;
	} variables[] = {
		{"SILT_INTERVAL", 'i'}, {"SILT_GROWTH", 'g'}, {"SILT_SIGNAL", 'S'},
		{"SILT_DEPTH", 'd'},	{"SILT_SAMPLE", 's'}, {"SILT_GRAPH", 'G'},
		{"SILT_KEEP", 'k'},	{"SILT_MEMORY", 'm'}, {"SILT_PEAK", 'P'},
	};

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i].name);
		int status =
			value && value[0] ? launch_take(command, variables[i].option, value) : -1;

		if (status >= 0)
			return status;
	}
	return -1;
}

/* -- the environment -- */

const char *launch_library(const char *command)
{
	/* lib/silt comes first: distributions keep preloaded libraries out of the linker's
	 * directory */
	static const char *const places[] = {"/../lib/libsilt.so", "/../lib/silt/libsilt.so"};
	static char path[PATH_MAX + 32];
	const char *given = getenv("SILT_LIBRARY");
	ssize_t length;
	char *slash;

	if (given && given[0]) {
		if (realpath(given, path))
			return path;
		fprintf(stderr, "silt %s: SILT_LIBRARY=%s: %s\n", command, given, strerror(errno));
		return NULL;
	}
	length = readlink("/proc/self/exe", path, PATH_MAX);
	if (length > 0) {
		path[length] = 0;
		slash = strrchr(path, '/');
		for (size_t i = sizeof places / sizeof places[0]; i-- > 0;) {
			char *resolved;

			strcpy(slash, places[i]);
			if (access(path, R_OK) != 0)
				continue;
			resolved = realpath(path, NULL);
			if (resolved && strlen(resolved) < sizeof path)
				strcpy(path, resolved);
			free(resolved);
			return path;
		}
	}
	if (length > 0)
		fprintf(stderr,
			"silt %s: no libsilt.so at %s: install it there, or set SILT_LIBRARY\n",
			command, path);
	else
		fprintf(stderr,
			"silt %s: /proc is not mounted, so libsilt.so cannot be found: mount -t "
			"proc proc /proc, or set SILT_LIBRARY\n",
			command);
	return NULL;
}

/* The values that launch_restore() restores. */
static struct {
	char *preload, *out;
} before;
static char *absolute_out;

const char *launch_out(void)
{
	return absolute_out ? absolute_out : "silt-out";
}

static void put_back(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

void launch_restore(void)
{
	put_back("LD_PRELOAD", before.preload);
	put_back("SILT_OUT", before.out);
}

static int set_preload(const char *command, const char *library, const char *extra)
{
	const char *others = before.preload ? before.preload : "";
	char *preload;

	/* the dynamic linker splits LD_PRELOAD at both */
	if (strpbrk(library, " :")) {
		fprintf(stderr, "silt %s: %s: the library's path may hold no space or colon\n",
			command, library);
		return 2;
	}
	preload = mem_format("%s%s%s%s%s", library, extra ? ":" : "", extra ? extra : "",
			     *others ? ":" : "", others);
	setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return -1;
}

static int no_working_directory(const char *command)
{
	if (errno == ENOENT)
		fprintf(stderr,
			"silt %s: the working directory is gone: give --out an absolute path\n",
			command);
	else
		fprintf(stderr,
			"silt %s: the working directory cannot be determined: %s: give --out an "
			"absolute path\n",
			command, strerror(errno));
	return 2;
}

/* bytes that the library appends to the path: the program's name, numbers, a terminator */
#define OUT_ROOM 288

/* Makes the path absolute: programs change their directory, and their children inherit the
 * variable. */
static int set_out(const char *command, const char *out)
{
	char directory[PATH_MAX] = "";

	if (!out || !out[0])
		out = "silt-out";
	if (out[0] != '/' && !getcwd(directory, sizeof directory))
		return no_working_directory(command);
	if (strlen(directory) + 1 + strlen(out) > PATH_MAX - OUT_ROOM) {
		fprintf(stderr, "silt %s: --out %s: %s\n", command, out, strerror(ENAMETOOLONG));
		return 2;
	}
	absolute_out = out[0] == '/' ? mem_string(out) : mem_format("%s/%s", directory, out);
	setenv("SILT_OUT", absolute_out, 1);
	return -1;
}

/* Passes the identity of standard error, so that the library prints only if the program still
 * has it. */
static void set_serve(void)
{
	struct stat status;
	char value[48] = "1";

	if (fstat(STDERR_FILENO, &status) == 0)
		snprintf(value, sizeof value, "%ju:%ju", (uintmax_t)status.st_dev,
			 (uintmax_t)status.st_ino);
	setenv("SILT_SERVE", value, 1);
}

int launch_prepare(const char *command, const char *out, const char *extra)
{
	const char *library, *preload = getenv("LD_PRELOAD"), *given = getenv("SILT_OUT");
	int status = check_variables(command);

	if (status >= 0)
		return status;
	library = launch_library(command);
	if (!library)
		return 2;
	before.preload = preload ? mem_string(preload) : NULL;
	before.out = given ? mem_string(given) : NULL;
	status = set_preload(command, library, extra);
	if (status < 0)
		status = set_out(command, out);
	set_serve();
	return status < 0 ? 0 : status;
}

/* -- the program -- */

/* Prints why the program could not be executed, and what to do if the file exists. */
static void print_not_started(const char *command, const char *name, int error)
{
	bool there = strchr(name, '/') && access(name, F_OK) == 0;
	char line[PATH_MAX] = "";
	FILE *file = there && error == ENOENT ? fopen(name, "re") : NULL;

	if (file && !fgets(line, sizeof line, file))
		line[0] = 0;
	if (file)
		fclose(file);
	line[strcspn(line, "\r\n")] = 0;
	if (there && error == ENOENT && strncmp(line, "#!", 2) == 0)
		utf8_complain("silt %s: %s: the interpreter of its first line is not there: %s",
			      command, name, line + 2 + strspn(line + 2, " \t"));
	else if (there && error == ENOENT)
		utf8_complain("silt %s: %s: its dynamic linker is not there: `file %s` names it",
			      command, name, name);
	else if (there && error == EACCES && access(name, X_OK) < 0)
		utf8_complain("silt %s: %s: not executable: chmod +x %s, or name its interpreter "
			      "before it",
			      command, name, name);
	else
		utf8_complain("silt %s: %s: %s", command, name, strerror(error));
}

pid_t launch_program(const char *command, char **argv, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid < 0)
		fprintf(stderr, "silt %s: cannot start a process: %s\n", command, strerror(errno));
	if (pid != 0)
		return pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	child_restore();
	execvp(argv[0], argv);
	print_not_started(command, argv[0], errno);
	_exit(errno == ENOENT ? 127 : 126);
}

#define LAST_SNAPSHOT_MS 300000
#define LAST_SNAPSHOT_AFTER_SIGNAL_MS 2000
static bool adopts;	  /* this process adopts orphans */
#define HELPER_END_MS 200 /* a helper ends at most so long after it closes its connection */

/* Returns true if a child of ours is a helper. The kernel lists children in /proc. */
static bool has_helper_child(void)
{
	char *path = mem_format("/proc/self/task/%d/children", (int)getpid()), name[32];
	FILE *children = fopen(path, "re"), *file;
	bool found = false;
	int pid;

	free(path);
	while (children && !found && fscanf(children, "%d", &pid) == 1) {
		path = mem_format("/proc/%d/comm", pid);
		file = fopen(path, "re");
		free(path);
		found = file && fgets(name, sizeof name, file) &&
			strcmp(name, "silt-helper\n") == 0;
		if (file)
			fclose(file);
	}
	if (children)
		fclose(children);
	return found;
}

/* Reaps the helpers that launch_adopt_helpers() made this process adopt. */
static void reap_helpers(void)
{
	for (int i = 0; i < HELPER_END_MS; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

		if (pid > 0)
			continue;
		if (pid < 0 || !has_helper_child())
			return;
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
}

void launch_wait_for_last_snapshot(const char *out, pid_t pid, bool signalled)
{
	int connection = control_connect(out, pid);
	char answer[16];

	if (connection >= 0) {
		control_ask_within(connection, "wait\n", answer, sizeof answer,
				   signalled ? LAST_SNAPSHOT_AFTER_SIGNAL_MS : LAST_SNAPSHOT_MS);
		close(connection);
	}
	if (adopts)
		reap_helpers();
}

/* -- who reaps helpers -- */

#define SIGCHLD_BIT (1ull << (SIGCHLD - 1))

/* Returns true if process 1 handles, blocks or ignores SIGCHLD: then it waits for unknown
 * children, or leaves no zombies. */
static bool process_1_waits(void)
{
	static const char *const keys[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
	FILE *file = fopen("/proc/1/status", "re");
	char line[256];
	bool waits = !file;

	while (file && fgets(line, sizeof line, file))
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0 &&
			    strtoull(line + strlen(keys[i]), NULL, 16) & SIGCHLD_BIT)
				waits = true;
	if (file)
		fclose(file);
	return waits;
}

void launch_adopt_helpers(void)
{
	adopts = getpid() == 1 ||
		 (!process_1_waits() && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}
