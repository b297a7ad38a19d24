/*
 * Forked workers, whose helper is started by one of their threads. `workers departs`: by a thread
 * that then ends, whose stack is unmapped; the worker goes on for half a second. `workers at-once
 * N`: N workers in turn, each with threads that all ask for a snapshot at the same moment.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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

static void at_once(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&all_are_there, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, asks, NULL) != 0)
			exit(1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	exit(0);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 1, failed = 0;

	for (int i = 0; i < count; i++) {
		pid_t child = fork();
		int status = 1;

		if (child == 0 && strcmp(argv[1], "departs") == 0)
			departs();
		if (child == 0)
			at_once();
		failed += waitpid(child, &status, 0) != child || status != 0;
	}
	return failed;
}
