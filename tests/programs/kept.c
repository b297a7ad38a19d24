/*
 * What grows hangs in one of the containers that C programs have in common; the argument says
 * which: uthash, tailq, list_head, ghash. 20 snapshots.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "silt.h"

#define ELEMENTS 400
#define SNAPSHOTS 20

struct list_head {
	struct list_head *next, *prev;
};

struct answer {
	char host[40];
	char *text;
	UT_hash_handle hh;
};

struct waiter {
	int number;
	TAILQ_ENTRY(waiter) entries;
	char *text;
};
TAILQ_HEAD(waiters, waiter);

struct job {
	long number;
	char *text;
	struct list_head link;
};

/* As programs see GLib's: what it consists of the library alone knows. */
typedef struct _GHashTable GHashTable; // NOLINT(bugprone-reserved-identifier)
enum { TABLE_WORDS = 10, KEYS = 4, VALUES = 6 };

static GHashTable *sessions;
static struct answer *answers;
static struct waiters waiters = TAILQ_HEAD_INITIALIZER(waiters);
static struct list_head jobs = {&jobs, &jobs};

static void add_answer(int i)
{
	struct answer *answer = calloc(1, sizeof *answer);

	snprintf(answer->host, sizeof answer->host, "host-%d", i);
	answer->text = malloc(60);
	HASH_ADD_STR(answers, host, answer);
}

static void add_waiter(int i)
{
	struct waiter *waiter = calloc(1, sizeof *waiter);

	waiter->number = i;
	waiter->text = malloc(60);
	TAILQ_INSERT_TAIL(&waiters, waiter, entries);
}

static void add_job(int i)
{
	struct job *job = calloc(1, sizeof *job);

	job->number = i;
	job->text = malloc(60);
	job->link.prev = jobs.prev;
	job->link.next = &jobs;
	jobs.prev->next = &job->link;
	jobs.prev = &job->link;
}

static void add_session(int i)
{
	void **words = (void **)(void *)sessions;

	if (!words) {
		words = calloc(TABLE_WORDS, sizeof *words);
		words[KEYS] = calloc(ELEMENTS, sizeof *words);
		words[VALUES] = calloc(ELEMENTS, sizeof *words);
		sessions = (GHashTable *)(void *)words;
	}
	((void **)words[KEYS])[i] = malloc(30);
	((void **)words[VALUES])[i] = malloc(60);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	for (int i = 0; i < ELEMENTS; i++) {
		if (strcmp(mode, "uthash") == 0)
			add_answer(i);
		if (strcmp(mode, "tailq") == 0)
			add_waiter(i);
		if (strcmp(mode, "list_head") == 0)
			add_job(i);
		if (strcmp(mode, "ghash") == 0)
			add_session(i);
		if (i % (ELEMENTS / SNAPSHOTS) == 0)
			silt_snapshot(NULL);
	}
	return 0;
}
