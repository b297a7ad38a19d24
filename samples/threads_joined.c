/*
 * The threads of threads_unjoined.c joined, and their results freed. silt should have nothing to
 * report.
 *
 * Usage: threads_joined [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <pthread.h>
#include <stdbool.h>
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

static bool start_worker(const size_t *job, pthread_t *thread)
{
	pthread_attr_t attributes;
	bool started;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	started = pthread_create(thread, &attributes, worker_main, (void *)job) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	static const size_t jobs[] = {10, 200, 3000};

	for (int round = 0; round < rounds; round++) {
		pthread_t threads[3];
		int count = 0;

		for (int i = 0; i < 3; i++)
			count += start_worker(&jobs[i], &threads[count]);
		while (count > 0) {
			void *result;

			pthread_join(threads[--count], &result);
			free(result);
		}
		usleep((useconds_t)pause * 1000);
	}
	printf("%d threads started\n", rounds * 3);
	return 0;
}
