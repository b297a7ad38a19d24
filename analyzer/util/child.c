/* Runs other programs: see child.h. */
#include "util/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

#define PATIENCE_TICKS 200 /* ticks of 50 ms until what is left is killed */
#define CANNOT_START 127

volatile sig_atomic_t child_signal;

static bool was_ignored;

void child_expect(void)
{
	was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

void child_restore(void)
{
	if (was_ignored)
		signal(SIGCHLD, SIG_IGN);
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
#define CAUGHT (sizeof caught / sizeof caught[0])

static void note_signal(int number)
{
	child_signal = number;
}

void child_begin(void)
{
	/* without SA_RESTART, so that waiting ends */
	struct sigaction action = {.sa_handler = note_signal};

	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void child_end(void)
{
	for (size_t i = 0; i < CAUGHT; i++)
		signal(caught[i], SIG_IGN);
	child_signal = 0;
}

/* -- in the child -- */

static void become(const char *const *argv, const struct child *how)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	for (size_t i = 0; i < CAUGHT; i++)
		signal(caught[i], SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    (how->out >= 0 && dup2(how->out, STDOUT_FILENO) < 0) ||
	    (how->err >= 0 && dup2(how->err, STDERR_FILENO) < 0) ||
	    (how->directory && chdir(how->directory) != 0))
		_exit(CANNOT_START);
	execvp(argv[0], (char *const *)argv);
	_exit(CANNOT_START);
}

/* -- waiting -- */

static bool is_group_there(pid_t group)
{
	return kill(-group, 0) == 0;
}

/* Ends a process group, which may not have got the signal itself; kills what does not end. */
static void end_group(pid_t group)
{
	struct timespec tick = {0, 50 * 1000 * 1000};

	kill(-group, SIGTERM);
	for (int i = 0; i < PATIENCE_TICKS; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD && !is_group_there(group))
			return;
		nanosleep(&tick, NULL);
	}
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0)
		;
}

static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR && !child_signal)
		;
	if (ended < 0) {
		end_group(pid);
		return 128 + child_signal;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_run(const char *const *argv, const struct child *how)
{
	pid_t pid;

	if (child_signal)
		return 128 + child_signal;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return CANNOT_START;
	if (pid == 0)
		become(argv, how);
	setpgid(pid, pid); /* in parent and child, since either may run first */
	return wait_for(pid);
}

char *child_output(const char *const *argv, const char *directory)
{
	FILE *file = tmpfile();
	struct child how = {.directory = directory, .out = file ? fileno(file) : -1, .err = -1};
	char *text = NULL;
	long size;

	if (!file)
		return NULL;
	how.err = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (child_run(argv, &how) == 0 && fseek(file, 0, SEEK_END) == 0 &&
	    (size = ftell(file)) >= 0) {
		rewind(file);
		text = mem_zeroed((size_t)size + 1, 1);
		size = (long)fread(text, 1, (size_t)size, file);
		if (size && text[size - 1] == '\n')
			text[size - 1] = '\0';
	}
	if (how.err >= 0)
		close(how.err);
	fclose(file);
	return text;
}
