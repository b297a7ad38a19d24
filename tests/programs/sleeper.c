/*
 * Sleeps in one system call, told by name, and says how that ended: "as asked", or what came early
 * or changed. For calls without a limit of time a line on standard input ends them.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1500

static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void *post_when_told(void *unused)
{
	char byte;

	(void)unused;
	if (read(0, &byte, 1) == 1)
		sem_post(&semaphore);
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct timespec later(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += MS % 1000 * 1000000l;
	time.tv_sec += MS / 1000 + time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

static int make_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};

	epoll_ctl(fd, EPOLL_CTL_ADD, 0, &event);
	return fd;
}

/* -- until told: 0, or what is wrong -- */

static long until_told(const char *name)
{
	struct pollfd poll_in = {0, POLLIN, 0};
	struct epoll_event event;
	pthread_t thread;
	fd_set set;
	char byte;
	pid_t child;

	if (strcmp(name, "read") == 0)
		return read(0, &byte, 1) != 1;
	if (strcmp(name, "poll") == 0)
		return poll(&poll_in, 1, -1) != 1;
	if (strcmp(name, "epoll") == 0)
		return epoll_wait(make_epoll(), &event, 1, -1) != 1;
	if (strcmp(name, "select") == 0) {
		FD_ZERO(&set);
		FD_SET(0, &set);
		return select(1, &set, NULL, NULL, NULL) != 1;
	}
	if (strcmp(name, "futex") == 0) {
		pthread_create(&thread, NULL, post_when_told, NULL);
		return sem_wait(&semaphore) != 0;
	}
	if (strcmp(name, "join") == 0) {
		pthread_create(&thread, NULL, post_when_told, NULL);
		return pthread_join(thread, NULL) != 0;
	}
	if (strcmp(name, "wait") != 0)
		return -1;
	child = fork();
	if (child == 0)
		_exit(read(0, &byte, 1) != 1);
	return waitpid(child, NULL, 0) != child;
}

/* -- for some time -- */

static long for_some_time(const char *name)
{
	struct timespec time = {MS / 1000, MS % 1000 * 1000000l}, left = {12345, 6789};
	struct timeval limit = {MS / 1000, MS % 1000 * 1000l};
	struct epoll_event event;
	sigset_t none;

	sigemptyset(&none);
	if (strcmp(name, "poll-time") == 0)
		return poll(NULL, 0, MS) != 0;
	if (strcmp(name, "epoll-time") == 0)
		return epoll_wait(epoll_create1(0), &event, 1, MS) != 0;
	if (strcmp(name, "select-time") == 0)
		return select(0, NULL, NULL, NULL, &limit) != 0;
	if (strcmp(name, "ppoll-time") == 0)
		return ppoll(NULL, 0, &time, &none) != 0;
	if (strcmp(name, "nanosleep") == 0)
		return nanosleep(&time, &left) != 0 || left.tv_sec != 12345 || left.tv_nsec != 6789;
	if (strcmp(name, "nanosleep-until") == 0) {
		time = later(CLOCK_MONOTONIC);
		return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0;
	}
	if (strcmp(name, "condition") == 0) {
		time = later(CLOCK_REALTIME);
		pthread_mutex_lock(&mutex);
		return pthread_cond_timedwait(&condition, &mutex, &time) != ETIMEDOUT;
	}
	if (strcmp(name, "futex-time") == 0) {
		uint32_t word = 0;

		return syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &time, NULL, 0) != -1 ||
		       errno != ETIMEDOUT;
	}
	if (strcmp(name, "signal") == 0)
		return sigtimedwait(&none, NULL, &time) != -1 || errno != EAGAIN;
	return -1;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "read";
	double start;
	long result;

	sem_init(&semaphore, 0, 0);
	errno = 77; /* it is to stay that, where nothing fails */
	start = now();
	result = for_some_time(name);
	if (result == 0 && now() - start < MS / 1000.0 - 0.001)
		result = 2;
	if (result < 0)
		result = until_told(name);
	if (result < 0)
		printf("%s: not known\n", name);
	else if (result == 2)
		printf("%s: %.3f s early\n", name, MS / 1000.0 - (now() - start));
	else if (result)
		printf("%s: %s\n", name, strerror(errno));
	else
		printf("%s: as asked\n", name);
	return result != 0;
}
