/*
 * Threads that start, need or end the helper at the same moment. `workers departs`: in a forked
 * worker a thread starts the helper and ends, and its stack is unmapped; the worker goes on for
 * half a second. `workers at-once N`: N forked workers in turn, each with threads that all ask for
 * a snapshot at the same moment. `workers rights`: threads that all change their rights, for which
 * the helper ends and is started again, at the same moment, eight times in two seconds.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "silt.h"

#define THREADS 8
#define LARGE_STACK (64ul << 20) /* more than the C library keeps for another thread */

void *kept;
static pthread_barrier_t all_are_there;

static void *allocates_late(void *unused)
{
	usleep(30000); /* a child that lives as long gets a helper */
	kept = malloc(100000);
	return unused;
}

static void *asks(void *unused)
{
	pthread_barrier_wait(&all_are_there);
	silt_snapshot("at once");
	return unused;
}

static void departs(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, LARGE_STACK);
	if (pthread_create(&thread, &attributes, allocates_late, NULL) != 0)
		exit(1);
	pthread_join(thread, NULL);
	usleep(500000);
	exit(0);
}

static void *changes_rights(void *unused)
{
	for (int i = 0; i < 8; i++) {
		usleep(250000);
		pthread_barrier_wait(&all_are_there);
		if (syscall(SYS_setresuid, -1, geteuid(), -1) != 0)
			exit(1);
	}
	return unused;
}

static void run_threads(void *(*run)(void *), int count)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&all_are_there, NULL, (unsigned)count);
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run, NULL) != 0)
			exit(1);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	exit(0);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 1, failed = 0;

	if (strcmp(argv[1], "rights") == 0)
		run_threads(changes_rights, THREADS / 2);
	for (int i = 0; i < count; i++) {
		pid_t child = fork();
		int status = 1;

		if (child == 0 && strcmp(argv[1], "departs") == 0)
			departs();
		if (child == 0)
			run_threads(asks, THREADS);
		failed += waitpid(child, &status, 0) != child || status != 0;
	}
	return failed;
}
