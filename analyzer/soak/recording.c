/*
 * Records a program in the foreground: see recording.h.
 */
#include "soak/recording.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load/ended.h"
#include "load/unrecorded.h"
#include "soak/launch.h"
#include "util/monotonic.h"
#include "util/oom.h"
#include "util/processes.h"

static volatile sig_atomic_t program_pid;

static void pass_on(int number)
{
	if (program_pid > 0)
		kill((pid_t)program_pid, number);
}

/* A terminal sends its signals to the program too. Signals sent to this process alone are meant
 * for the program. */
static void set_signals(void)
{
	static const int passed[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT};
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		sigaction(passed[i], &action, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

/* The signals stay blocked from the fork to set_signals(), so that none is lost. */
pid_t recording_start(char **argv)
{
	sigset_t blocked, old;
	pid_t pid;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	pid = launch_program("run", argv, &old);
	if (pid > 0) {
		program_pid = pid;
		set_signals();
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* -- the processes that the program starts -- */

#define LOOK_SECONDS 1	     /* seconds between two looks at the processes, */
#define LATER_LOOK_SECONDS 5 /* and after many looks */
#define MANY_LOOKS 30

static void wake_up(int number)
{
	(void)number;
}

/* Leaves out the program itself, which visibility_after() reports. */
static void look_at_children(struct soak_seen *seen, pid_t program)
{
	size_t count;
	struct process *list = processes_below(getpid(), &count);
	double now = monotonic_seconds();

	for (size_t i = 0; i < count; i++) {
		bool has_helper = false;

		if (list[i].ours || list[i].zombie || list[i].pid == program)
			continue;
		for (size_t j = 0; j < count; j++)
			has_helper = has_helper || (list[j].ours && list[j].parent == list[i].pid);
		soak_seen_note(seen, list[i].pid, has_helper, now);
	}
	free(list);
}

/* Ignores other children: process 1 of a container, or a subreaper, adopts orphans. */
int recording_wait(pid_t pid, struct soak_seen *seen)
{
	struct sigaction action = {.sa_handler = wake_up}; /* its signal interrupts waitpid() */
	int status = 0, looks = 0;
	pid_t ended;

	sigaction(SIGALRM, &action, NULL);
	alarm(LOOK_SECONDS);
	while ((ended = waitpid(-1, &status, 0)) != pid) {
		if (ended < 0 && errno != EINTR)
			break;
		if (ended > 0)
			continue;
		look_at_children(seen, pid);
		alarm(looks++ < MANY_LOOKS ? LOOK_SECONDS : LATER_LOOK_SECONDS);
	}
	alarm(0);
	return ended == pid ? status : 0;
}

bool recording_note_end(const char *out, pid_t pid, int status, uint64_t oom_before)
{
	struct ended ended = {0};
	struct timespec now;

	if (!WIFSIGNALED(status))
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	ended.signal = WTERMSIG(status);
	ended.unix_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	ended.out_of_memory = ended.signal == SIGKILL && oom_kills() > oom_before;
	ended_write(&ended, out, pid); /* on failure the report only says less */
	return ended.out_of_memory;
}

void recording_name_unrecorded(struct soak_seen *seen, const char *out)
{
	struct unrecorded_list before = {0}, after = {0};

	unrecorded_read(&before, out);
	soak_seen_conclude(seen, out);
	unrecorded_read(&after, out);
	for (size_t i = 0; i < after.count; i++) {
		bool is_new = true;

		for (size_t j = 0; j < before.count; j++)
			is_new = is_new && before.list[j].pid != after.list[i].pid;
		if (is_new)
			fprintf(stderr, "silt run: %s (process %u) could not be recorded: %s\n",
				after.list[i].program, after.list[i].pid, after.list[i].cause);
	}
	unrecorded_free(&before);
	unrecorded_free(&after);
}
