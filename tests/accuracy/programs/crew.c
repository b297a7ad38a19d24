/*
 * A ship's crew: threads.
 *
 * errands: each errand is a thread that nobody joins; relay: they are joined; drifting: they are
 * detached; lookouts: threads that wait for a signal that never comes, with what they noted so far;
 * watch: four threads work all the time, each with a buffer of its own that it reuses; diary: one
 * of them keeps all it noted, in a thread-local list; visitors: threads come and go, a thread-local
 * buffer is not freed at their end.
 */
#include "rounds.h"
#include <pthread.h>

struct note {
	struct note *previous;
	char text[180];
};

static _Thread_local struct note *notes;
static _Thread_local char *scratch;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t signal_given = PTHREAD_COND_INITIALIZER;
static bool given;

static void *errand_run(void *argument)
{
	char *report = checked(malloc(1500));

	snprintf(report, 1500, "errand %ld done", (long)argument);
	return report;
}

static void *lookout_stand(void *argument)
{
	struct note *first = NULL;

	for (long i = 0; i < 12; i++) {
		struct note *note = checked(malloc(sizeof *note));

		snprintf(note->text, sizeof note->text, "lookout %ld saw %ld", (long)argument, i);
		note->previous = first;
		first = note;
	}
	pthread_mutex_lock(&lock);
	while (!given)
		pthread_cond_wait(&signal_given, &lock);
	pthread_mutex_unlock(&lock);
	while (first) {
		struct note *note = first;

		first = note->previous;
		free(note);
	}
	return NULL;
}

static char *scratch_take(size_t size)
{
	if (!scratch)
		scratch = checked(malloc(size));
	return scratch;
}

static void note_down(long number)
{
	struct note *note = checked(malloc(sizeof *note));

	snprintf(note->text, sizeof note->text, "noted %ld", number);
	note->previous = notes;
	notes = note;
}

static void *call_at_port(void *argument)
{
	snprintf(scratch_take(1800), 1800, "caller %ld", (long)argument);
	free(scratch);
	scratch = NULL;
	return NULL;
}

static void *visit(void *argument)
{
	snprintf(scratch_take(1800), 1800, "visitor %ld", (long)argument);
	return NULL;
}

static bool keeps_diary;

static void *watch_stand(void *argument)
{
	for (long i = 0;; i++) {
		char *order = checked(malloc(300));

		snprintf(order, 300, "order %ld", i);
		snprintf(scratch_take(4096), 4096, "%s of %ld", order, (long)argument);
		free(order);
		if (keeps_diary && (long)argument == 2)
			note_down(i);
		usleep(2000);
	}
	return NULL;
}

static pthread_t start(void *(*run)(void *), long argument, bool detached)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	if (detached)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, run, (void *)argument) != 0)
		abort();
	pthread_attr_destroy(&attributes);
	return thread;
}

int main(int argc, char **argv)
{
	enum { ERRANDS, RELAY, DRIFTING, LOOKOUTS, WATCH, DIARY, VISITORS };
	int mode = rounds_begin(argc, argv, "errands relay drifting lookouts watch diary visitors");

	keeps_diary = mode == DIARY;
	if (mode == WATCH || mode == DIARY)
		for (long i = 0; i < 4; i++)
			start(watch_stand, i, true);
	while (next_round()) {
		void *report;

		if (mode == ERRANDS && rounds.number % 6 == 0) {
			start(errand_run, rounds.number, false);
		} else if (mode == RELAY) {
			pthread_join(start(errand_run, rounds.number, false), &report);
			free(report);
		} else if (mode == DRIFTING) {
			start(call_at_port, rounds.number, true);
		} else if (mode == LOOKOUTS && rounds.number % 20 == 0) {
			start(lookout_stand, rounds.number, false);
		} else if (mode == VISITORS) {
			pthread_join(start(visit, rounds.number, false), NULL);
		}
	}
	return 0;
}
