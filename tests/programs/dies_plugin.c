/*
 * Preloaded into an attacher: the process that traces is killed, as by SIGKILL from outside,
 * before it changes a thread for the DIES_AT_CHANGE-th time, lets it run on for the DIES_AT_RUN-th
 * time, or looks for the DIES_AT_LOOK-th time whether it has stopped. It lives where there are
 * fewer.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die_at(const char *name, int count)
{
	const char *last = getenv(name);

	if (last && count == atoi(last))
		kill(getpid(), SIGKILL);
}

static int changes, runs, looks;

pid_t waitpid(pid_t pid, int *status, int options)
{
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
	if (request == PTRACE_SEIZE)
		changes = runs = looks = 0; /* another thread */
	else if (request == PTRACE_SYSCALL || request == PTRACE_CONT)
		die_at("DIES_AT_RUN", ++runs);
	else if (request == PTRACE_SETREGS || request == PTRACE_SETSIGMASK ||
		 request == PTRACE_DETACH)
		die_at("DIES_AT_CHANGE", ++changes);
	return syscall(SYS_ptrace, request, pid, address, data);
}
