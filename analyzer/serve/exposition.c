/* Keeps the figures of a directory as a text: see exposition.h. */
#include "serve/exposition.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load/snapshot.h"
#include "serve/monitor.h"
#include "serve/openmetrics.h"
#include "util/mem.h"
#include "util/monotonic.h"
#include "util/utf8.h"

#define SHORTEST_PAUSE 1.0 /* seconds */
#define PAUSE_SHARE 4.0	   /* the pause is at least so many times the time that a look takes */

struct exposition {
	/* used by the looking thread only */
	struct monitor *monitor;
	const struct openmetrics_labels *labels;
	struct snapshot_error reported;
	/* protected by the lock */
	pthread_mutex_t lock;
	char *text;
	size_t size;
};

static void print_error(struct exposition *exposition)
{
	const char *text = exposition->monitor->error.text;

	if (text[0] && strcmp(text, exposition->reported.text) != 0)
		utf8_complain("silt serve: %s", text);
	exposition->reported = exposition->monitor->error;
}

static void look(struct exposition *exposition)
{
	char *text = NULL, *old;
	size_t size;
	FILE *file;

	monitor_look(exposition->monitor);
	print_error(exposition);
	file = open_memstream(&text, &size);
	if (!file)
		abort();
	openmetrics_write(file, exposition->monitor, exposition->labels);
	fclose(file);
	pthread_mutex_lock(&exposition->lock);
	old = exposition->text;
	exposition->text = text;
	exposition->size = size;
	pthread_mutex_unlock(&exposition->lock);
	free(old);
}

static void *keep_looking(void *argument)
{
	double pause = SHORTEST_PAUSE, start;

	for (;;) {
		struct timespec rest = {(time_t)pause,
					(long)((pause - (double)(time_t)pause) * 1e9)};

		clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
		start = monotonic_seconds();
		look(argument);
		pause = (monotonic_seconds() - start) * PAUSE_SHARE;
		pause = pause > SHORTEST_PAUSE ? pause : SHORTEST_PAUSE;
	}
	return NULL;
}

struct exposition *exposition_start(const char *path, const struct openmetrics_labels *labels)
{
	struct exposition *exposition = mem_zeroed(1, sizeof *exposition);
	pthread_t thread;

	exposition->monitor = monitor_new(path);
	exposition->labels = labels;
	pthread_mutex_init(&exposition->lock, NULL);
	look(exposition);
	if (pthread_create(&thread, NULL, keep_looking, exposition) == 0) {
		pthread_detach(thread);
		return exposition;
	}
	monitor_free(exposition->monitor);
	free(exposition->text);
	free(exposition);
	return NULL;
}

char *exposition_text(struct exposition *exposition, size_t *size)
{
	char *text;

	pthread_mutex_lock(&exposition->lock);
	*size = exposition->size;
	text = mem_alloc(*size + 1);
	memcpy(text, exposition->text, *size);
	pthread_mutex_unlock(&exposition->lock);
	return text;
}
