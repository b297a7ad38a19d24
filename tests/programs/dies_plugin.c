/*
 * Preloaded into an attacher: the process that traces is killed, as by SIGKILL from outside,
 * before it changes a thread for the DIES_AT_CHANGE-th time, lets it run on for the DIES_AT_RUN-th
 * time, or looks for the DIES_AT_LOOK-th time whether it has stopped. It lives where there are
 * fewer. STOPS_LATE: the first thread that it traces seems to stop only after 0.7 s.
 * STOPS_AT_RUN: the process that it traces gets SIGSTOP then.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die_at(const char *name, int count)
{
	const char *last = getenv(name);

	if (last && count == atoi(last))
		kill(getpid(), SIGKILL);
}

static void run_at(pid_t pid, int count)
{
	const char *stop = getenv("STOPS_AT_RUN");

	die_at("DIES_AT_RUN", count);
	if (stop && count == atoi(stop))
		kill(pid, SIGSTOP);
}

static int changes, runs, looks;
static pid_t first;
static struct timespec seized;

static bool is_late(pid_t pid)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return getenv("STOPS_LATE") && pid == first &&
	       (now.tv_sec - seized.tv_sec) * 1000 + (now.tv_nsec - seized.tv_nsec) / 1000000 < 700;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	if (options && is_late(pid))
		return 0;
	if (options)
		die_at("DIES_AT_LOOK", ++looks);
	return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;
	void *address, *data;
	pid_t pid;

	va_start(rest, request);
	pid = va_arg(rest, pid_t);
	address = va_arg(rest, void *);
	data = va_arg(rest, void *);
	va_end(rest);
	if (request == PTRACE_SEIZE && !first) {
		first = pid;
		clock_gettime(CLOCK_MONOTONIC, &seized);
	}
	if (request == PTRACE_SEIZE)
		changes = runs = looks = 0; /* another thread */
	else if (request == PTRACE_SYSCALL || request == PTRACE_CONT)
		run_at(pid, ++runs);
	else if (request == PTRACE_SETREGS || request == PTRACE_SETSIGMASK ||
		 request == PTRACE_DETACH)
		die_at("DIES_AT_CHANGE", ++changes);
	return syscall(SYS_ptrace, request, pid, address, data);
}
