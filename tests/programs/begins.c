/*
 * Waits with a limit that begin just as the program is stopped: `begins CALL SECONDS` works for a
 * while, waits for a while, and so on. A wait ends when its limit says, however long the program
 * was stopped. Prints how many waits were late by more than LATE_MS, and what was wrong. Run by
 * tests/e2e/stop.sh with a stopper that takes its time.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "silt_calls.h"

#define WORK_S 0.08
#define WAIT_MS 700 /* longer than the stop, 500 */
#define LATE_MS 250

/* where the kernel cannot write */
static const struct timespec unchanging = {0, WAIT_MS * 1000000l};
static int epoll_fd, semaphore, sockets[2];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long in_epoll_wait(void)
{
	return epoll_wait(epoll_fd, &(struct epoll_event){0}, 1, WAIT_MS);
}
static long in_epoll_pwait(void)
{
	sigset_t none;

	sigemptyset(&none);
	return epoll_pwait(epoll_fd, &(struct epoll_event){0}, 1, WAIT_MS, &none);
}
static long in_epoll_pwait2(void)
{
	return syscall(SYS_epoll_pwait2, epoll_fd, &(struct epoll_event){0}, 1, &unchanging, NULL,
		       0);
}
static long in_ppoll(void)
{
	struct timespec left = unchanging;
	long result = syscall(SYS_ppoll, &(struct pollfd){epoll_fd, POLLIN, 0}, 1, &left, NULL, 0);

	return left.tv_sec == 0 && left.tv_nsec == 0 ? result : -2;
}
static long in_fixed_ppoll(void)
{
	return syscall(SYS_ppoll, &(struct pollfd){epoll_fd, POLLIN, 0}, 1, &unchanging, NULL, 0);
}
static long in_select(void)
{
	struct timeval left = {0, WAIT_MS * 1000};
	long result = select(0, NULL, NULL, NULL, &left);

	return left.tv_sec == 0 && left.tv_usec == 0 ? result : -2;
}
static long in_sigtimedwait(void)
{
	sigset_t set;
	long result;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	result = sigtimedwait(&set, NULL, &unchanging);
	return result == -1 && errno == EAGAIN ? 0 : -2;
}
static long in_semtimedop(void)
{
	long result = semtimedop(semaphore, &(struct sembuf){0, -1, 0}, 1, &unchanging);

	return result == -1 && errno == EAGAIN ? 0 : -2;
}
static long in_nanosleep(void)
{
	struct timespec left = {7, 7};
	long result = nanosleep(&unchanging, &left);

	return left.tv_sec == 7 && left.tv_nsec == 7 ? result : -2;
}
static long in_poll(void)
{
	return poll(&(struct pollfd){epoll_fd, POLLIN, 0}, 1, WAIT_MS);
}
static long in_futex(void)
{
	static uint32_t word;
	long result = syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &unchanging, NULL, 0);

	return result == -1 && errno == ETIMEDOUT ? 0 : -2;
}
static long in_recv(void)
{
	long result = recv(sockets[0], &(char){0}, 1, 0);

	return result == -1 && errno == EAGAIN ? 0 : -2;
}

static const struct {
	const char *name;
	long (*call)(void);
} calls[] = {
	{"epoll_wait", in_epoll_wait},
	{"epoll_pwait", in_epoll_pwait},
	{"epoll_pwait2", in_epoll_pwait2},
	{"ppoll", in_ppoll},
	{"fixed-ppoll", in_fixed_ppoll},
	{"select", in_select},
	{"sigtimedwait", in_sigtimedwait},
	{"semtimedop", in_semtimedop},
	{"nanosleep", in_nanosleep},
	{"poll", in_poll},
	{"futex", in_futex},
	{"recv", in_recv},
};

static void prepare(void)
{
	struct timeval time = {0, WAIT_MS * 1000};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	epoll_fd = epoll_create1(0);
	semaphore = semget(IPC_PRIVATE, 1, 0600);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 2 ? atof(argv[2]) : 1);
	long (*call)(void) = NULL;
	int late = 0, early = 0, wrong = 0;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (argc > 1 && strcmp(argv[1], calls[i].name) == 0)
			call = calls[i].call;
	if (!call)
		return 2;
	prepare();
	while (now() < end) {
		double start = now();

		while (now() < start + WORK_S)
			free(malloc(100));
		start = now();
		wrong += call() != 0;
		late += now() > start + (WAIT_MS + LATE_MS) / 1e3;
		early += now() < start + WAIT_MS / 1e3 - 0.002;
	}
	semctl(semaphore, 0, IPC_RMID);
	printf("%d late, %d early, %d wrong\n", late, early, wrong);
	return 0;
}
