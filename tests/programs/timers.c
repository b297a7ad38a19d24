/*
 * Waits of half a second, with a limit by another way each: under snapshots with heap graphs that come more often, they must end,
 * not early, and not much later. Run by tests/e2e/graph.sh. Prints what each returned, and those that were early.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void tell(const char *name, long result, double start)
{
	int error = errno;
	double took = now() - start;

	printf("%s: %ld%s%s%s\n", name, result, result < 0 ? ", " : "", result < 0 ? strerror(error) : "",
	       took < 0.499 ? ", early" : "");
	fprintf(stderr, "%s: %.3f s\n", name, took);
	free(malloc(10));
}

int main(void)
{
	struct timespec half = {0, 500000000};
	struct epoll_event event;
	struct sembuf down = {0, -1, 0};
	int pair[2], epoll = epoll_create1(0), semaphore = semget(IPC_PRIVATE, 1, 0600);
	sigset_t set;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || epoll < 0 || semaphore < 0)
		return 1;
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 500000}, sizeof(struct timeval));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 2; i++) { /* again: it is not the same wait */
		double start = now();

		tell("epoll_wait", epoll_wait(epoll, &event, 1, 500), start);
		start = now();
		tell("epoll_pwait", epoll_pwait(epoll, &event, 1, 500, &set), start);
		start = now();
		tell("sigtimedwait", sigtimedwait(&set, NULL, &half), start);
		start = now();
		tell("semtimedop", semtimedop(semaphore, &down, 1, &half), start);
		start = now();
		tell("recv", recv(pair[0], &byte, 1, 0), start);
	}
	semctl(semaphore, 0, IPC_RMID);
	return 0;
}
