/*
 * Threads blocked in every kind of call, while somebody takes graphs: none may see its call
 * interrupted, and no block that only one of them holds may be lost. `blocked SECONDS [THREADS]`:
 * prints what went wrong; quiet if nothing did.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

/* Seconds: longer than any run. What a thread leaves after its wait is lost, or freed. */
#define LONG 1000

static atomic_int interrupted, running;
static int pipe_ends[2], epoll, event, sockets[2], watcher, semaphores, messages;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static __thread void *volatile kept; /* only this holds it */

static void in_read(void)
{
	char c;
	ssize_t n = read(pipe_ends[0], &c, 1);

	interrupted += n < 0 && errno == EINTR;
}

static void in_poll(void)
{
	struct pollfd poll_for = {pipe_ends[0], POLLIN, 0};

	interrupted += poll(&poll_for, 1, -1) < 0;
}

static void in_poll_timed(void)
{
	struct pollfd poll_for = {pipe_ends[0], POLLIN, 0};

	interrupted += poll(&poll_for, 1, LONG * 1000) < 0;
}

static void in_select(void)
{
	struct timeval patience = {LONG, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipe_ends[0], &set);
	interrupted += select(pipe_ends[0] + 1, &set, NULL, NULL, &patience) < 0;
}

static void in_epoll(void)
{
	struct epoll_event got;

	interrupted += epoll_wait(epoll, &got, 1, -1) < 0;
}

static void in_epoll_timed(void)
{
	struct epoll_event got;
	sigset_t none;

	sigemptyset(&none);
	interrupted += epoll_pwait(epoll, &got, 1, LONG * 1000, &none) < 0;
}

static void in_nanosleep(void)
{
	struct timespec time = {LONG, 0};

	interrupted += nanosleep(&time, NULL) < 0;
}

static void in_cond(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cond_wait(&never, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void in_semaphore(void)
{
	interrupted += sem_wait(&semaphore) < 0;
}

static void in_sigwait(void)
{
	struct timespec time = {LONG, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	interrupted += sigtimedwait(&set, NULL, &time) < 0 && errno == EINTR;
}

static void in_recv(void)
{
	char c;

	interrupted += recv(sockets[0], &c, 1, 0) < 0 && errno == EINTR;
}

static void in_inotify(void)
{
	char buffer[512];

	interrupted += read(watcher, buffer, sizeof buffer) < 0 && errno == EINTR;
}

static void in_eventfd(void)
{
	uint64_t value;

	interrupted += read(event, &value, sizeof value) < 0 && errno == EINTR;
}

static void in_semop(void)
{
	struct sembuf take = {0, -1, 0};

	interrupted += semop(semaphores, &take, 1) < 0 && errno == EINTR;
}

static void in_msgrcv(void)
{
	struct {
		long type;
		char text[8];
	} message;

	interrupted += msgrcv(messages, &message, sizeof message.text, 1, 0) < 0 && errno == EINTR;
}

static void in_register(void)
{
	/* The address is nowhere but in a register the callee must preserve, while the kernel
	 * is waited for. */
	void *block = malloc(1013);
	struct timespec time = {LONG, 0};

	machine_sleep_with_pointer(&block, &time);
}

static void (*const calls[])(void) = {in_read,	    in_poll,	    in_poll_timed, in_select,
				      in_epoll,	    in_epoll_timed, in_nanosleep,  in_cond,
				      in_semaphore, in_sigwait,	    in_recv,	   in_inotify,
				      in_eventfd,   in_semop,	    in_msgrcv,	   in_register};
#define CALLS (sizeof calls / sizeof calls[0])

static void *thread_main(void *argument)
{
	size_t number = (size_t)argument;
	volatile char *volatile on_stack = malloc(100 + number % 7);

	kept = malloc(3001);
	on_stack[0] = 1;
	running++;
	calls[number % CALLS]();
	on_stack[0] = 2;
	/* Removing the semaphores and the messages ends those who wait for them while a graph
	 * may yet be taken. */
	free((void *)on_stack);
	free(kept);
	return NULL;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 1, count = argc > 2 ? atoi(argv[2]) : 64;
	struct epoll_event want = {.events = EPOLLIN};
	struct timespec pause = {0, 1000000}, end, now;
	pthread_attr_t small;
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pipe(pipe_ends) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
		return 1;
	epoll = epoll_create1(0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, pipe_ends[0], &want);
	event = eventfd(0, 0);
	watcher = inotify_init();
	sem_init(&semaphore, 0, 0);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	messages = msgget(IPC_PRIVATE, 0600);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 << 10);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, &small, thread_main, (void *)(size_t)i) != 0)
			return 1;
	while (running < count)
		nanosleep(&pause, NULL);
	puts("running");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		interrupted += nanosleep(&pause, NULL) < 0;
		errno = 0;
		free(malloc(100));
		if (errno)
			puts("errno was changed");
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec ||
		 (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	semctl(semaphores, 0, IPC_RMID);
	msgctl(messages, IPC_RMID, NULL);
	if (interrupted)
		printf("%d calls were interrupted\n", interrupted);
	_exit(interrupted != 0);
}
