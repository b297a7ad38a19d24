/*
 * A telegraph office: telegrams wait in a queue for a clerk.
 *
 * steady: jobs with a function and its context come and go; backlog: telegrams come faster than
 * they are sent; garbled: one that fails is taken out and forgotten; rush: the queue is filled
 * every second and worked off.
 */
#include "rounds.h"

struct telegram {
	unsigned number, words;
	char *text;
};

struct job {
	struct job *next;
	void (*run)(struct telegram *telegram);
	struct telegram *telegram;
};

struct entry {
	struct entry *next;
	struct telegram *telegram;
};

static struct {
	struct job *first, **last;
} jobs = {NULL, &jobs.first};

static struct {
	struct entry *first, **last;
	unsigned length;
} waiting = {NULL, &waiting.first, 0};

static unsigned long sent;

static struct telegram *telegram_write(unsigned number)
{
	struct telegram *telegram = checked(malloc(sizeof *telegram));

	telegram->number = number;
	telegram->words = 1 + (unsigned)pick(20);
	telegram->text = checked(malloc(telegram->words * 16));
	memset(telegram->text, '.', telegram->words * 16);
	return telegram;
}

static void telegram_send(struct telegram *telegram)
{
	sent += telegram->words;
	free(telegram->text);
	free(telegram);
}

static void telegram_price(struct telegram *telegram)
{
	sent += telegram->words % 3;
	telegram_send(telegram);
}

static void job_add(struct telegram *telegram)
{
	struct job *job = checked(malloc(sizeof *job));

	job->next = NULL;
	job->run = telegram->number % 2 ? telegram_send : telegram_price;
	job->telegram = telegram;
	*jobs.last = job;
	jobs.last = &job->next;
}

static void job_run_first(void)
{
	struct job *job = jobs.first;

	jobs.first = job->next;
	if (!jobs.first)
		jobs.last = &jobs.first;
	job->run(job->telegram);
	free(job);
}

static void entry_add(struct telegram *telegram)
{
	struct entry *entry = checked(malloc(sizeof *entry));

	entry->next = NULL;
	entry->telegram = telegram;
	*waiting.last = entry;
	waiting.last = &entry->next;
	waiting.length++;
}

static struct telegram *entry_take(void)
{
	struct entry *entry = waiting.first;
	struct telegram *telegram = entry->telegram;

	waiting.first = entry->next;
	if (!waiting.first)
		waiting.last = &waiting.first;
	waiting.length--;
	free(entry);
	return telegram;
}

int main(int argc, char **argv)
{
	enum { STEADY, BACKLOG, GARBLED, RUSH };
	int mode = rounds_begin(argc, argv, "steady backlog garbled rush");
	unsigned number = 0;

	while (next_round()) {
		if (mode == STEADY) {
			for (int i = 0; i < 6; i++)
				job_add(telegram_write(number++));
			for (int i = 0; i < 6 && rounds.number > 40; i++)
				job_run_first();
		} else if (mode == RUSH) {
			if (rounds.number % 180 < 60)
				for (int i = 0; i < 20; i++)
					job_add(telegram_write(number++));
			for (int i = 0; i < 12 && jobs.first; i++)
				job_run_first();
		} else {
			for (int i = 0; i < 6; i++)
				entry_add(telegram_write(number++));
			for (int i = 0; i < (mode == BACKLOG ? 3 : 6); i++) {
				struct telegram *telegram = entry_take();

				if (mode == BACKLOG || telegram->number % 9)
					telegram_send(telegram);
			}
		}
	}
	printf("%lu words, %u wait\n", sent, waiting.length);
	return 0;
}
