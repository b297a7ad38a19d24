/*
 * Threads that finish and are never joined.
 *
 * A thread that ended keeps its stack and descriptor until somebody joins it, and with them its
 * result, which pthread_join would have handed over. silt diff names worker_main and pthread_create
 * (the thread's TLS); the kind is `thread-leak`: start function worker_main. threads_joined.c is
 * the repaired twin.
 *
 * Usage: threads_unjoined [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct result {
	size_t size;
	char text[2000];
};

/* The result is handed to whoever joins. */
static void *worker_main(void *argument)
{
	struct result *result = malloc(sizeof *result);

	if (!result)
		return NULL;
	memset(result->text, 'x', sizeof result->text);
	result->size = *(const size_t *)argument % sizeof result->text;
	return result;
}

static void start_worker(const size_t *job)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	if (pthread_create(&thread, &attributes, worker_main, (void *)job) != 0)
		fprintf(stderr, "no more threads\n");
	pthread_attr_destroy(&attributes);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	static const size_t jobs[] = {10, 200, 3000};

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 3; i++)
			start_worker(&jobs[i]);
		usleep((useconds_t)pause * 1000);
	}
	printf("%d threads started\n", rounds * 3);
	return 0;
}
