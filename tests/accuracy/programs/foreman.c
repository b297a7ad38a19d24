/*
 * A scheduler: jobs with priorities and prerequisites, recurring jobs, two threads that work, and
 * watchers of jobs.
 *
 * fixed: as it should be; leaky: whoever wants to know when a batch is complete stays in the list
 * of watchers, though the batch has been; results: a failed job's result is kept for a report that
 * is never asked for.
 */
#include "rounds.h"
#include <pthread.h>

#define WORKERS 2
#define RECURRING 5

struct job {
	unsigned id, priority, batch;
	unsigned open_prerequisites;
	struct job **dependents;
	unsigned dependent_count;
	long (*work)(const struct job *job);
	unsigned char input[64];
	struct job *next_done;
	struct result *result;
};

struct result {
	struct result *next;
	unsigned job;
	long value;
	bool failed;
	char message[120];
};

struct batch {
	unsigned id, open, failed;
	long sum;
	char title[300];
};

struct watcher {
	struct watcher *next;
	void *context;
	void (*completed)(void *context, unsigned batch, long value);
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ready, done;
	struct job **heap;
	unsigned count, capacity;
	struct job *finished;
	bool stop;
} plan = {.lock = PTHREAD_MUTEX_INITIALIZER,
	  .ready = PTHREAD_COND_INITIALIZER,
	  .done = PTHREAD_COND_INITIALIZER};

static struct {
	struct watcher *watchers;
	struct result *failures;
	unsigned long completed, failed, notified;
	bool keep_watchers, keep_failures;
} office;

/* Work. */

static long work_sum(const struct job *job)
{
	long sum = 0;

	for (size_t i = 0; i < sizeof job->input; i++)
		sum += job->input[i];
	return sum;
}

static long work_sort(const struct job *job)
{
	unsigned char *copy = checked(malloc(sizeof job->input));
	long middle;

	memcpy(copy, job->input, sizeof job->input);
	for (size_t i = 1; i < sizeof job->input; i++)
		for (size_t k = i; k > 0 && copy[k] < copy[k - 1]; k--) {
			unsigned char byte = copy[k];

			copy[k] = copy[k - 1];
			copy[k - 1] = byte;
		}
	middle = copy[sizeof job->input / 2];
	free(copy);
	return middle;
}

static long work_fail(const struct job *job)
{
	return -1 - (long)job->input[0];
}

/* The plan: a heap of jobs that can start. */

static bool before(const struct job *a, const struct job *b)
{
	return a->priority != b->priority ? a->priority > b->priority : a->id < b->id;
}

static void plan_push(struct job *job)
{
	unsigned i = plan.count++;

	if (i == plan.capacity) {
		plan.capacity = plan.capacity ? plan.capacity * 2 : 16;
		plan.heap = checked(realloc(plan.heap, plan.capacity * sizeof(struct job *)));
	}
	plan.heap[i] = job;
	for (; i > 0 && before(plan.heap[i], plan.heap[(i - 1) / 2]); i = (i - 1) / 2) {
		struct job *other = plan.heap[(i - 1) / 2];

		plan.heap[(i - 1) / 2] = plan.heap[i];
		plan.heap[i] = other;
	}
	pthread_cond_signal(&plan.ready);
}

static struct job *plan_pop(void)
{
	struct job *top = plan.heap[0];
	unsigned i = 0;

	plan.heap[0] = plan.heap[--plan.count];
	plan.heap[plan.count] = NULL;
	for (;;) {
		unsigned best = i;
		struct job *other;

		for (unsigned child = 2 * i + 1; child <= 2 * i + 2 && child < plan.count; child++)
			if (before(plan.heap[child], plan.heap[best]))
				best = child;
		if (best == i)
			return top;
		other = plan.heap[best];
		plan.heap[best] = plan.heap[i];
		plan.heap[i] = other;
		i = best;
	}
}

static struct result *result_make(const struct job *job, long value)
{
	struct result *result = checked(calloc(1, sizeof *result));

	result->job = job->id;
	result->value = value;
	result->failed = value < 0;
	snprintf(result->message, sizeof result->message, "job %u of batch %u: %ld", job->id,
		 job->batch, value);
	return result;
}

static void *work(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&plan.lock);
	for (;;) {
		struct job *job;

		while (plan.count == 0 && !plan.stop)
			pthread_cond_wait(&plan.ready, &plan.lock);
		if (plan.stop)
			break;
		job = plan_pop();
		pthread_mutex_unlock(&plan.lock);
		job->result = result_make(job, job->work(job));
		pthread_mutex_lock(&plan.lock);
		job->next_done = plan.finished;
		plan.finished = job;
		pthread_cond_signal(&plan.done);
	}
	pthread_mutex_unlock(&plan.lock);
	return NULL;
}

/* Jobs, batches, and who waits for them. */

static struct job *job_create(unsigned batch, unsigned priority)
{
	static unsigned id;
	struct job *job = checked(calloc(1, sizeof *job));

	job->id = ++id;
	job->batch = batch;
	job->priority = priority;
	job->work = pick(12) == 0 ? work_fail : pick(2) ? work_sum : work_sort;
	for (size_t i = 0; i < sizeof job->input; i++)
		job->input[i] = (unsigned char)pick(256);
	return job;
}

static void job_requires(struct job *job, struct job *prerequisite)
{
	unsigned count = prerequisite->dependent_count++;

	prerequisite->dependents =
		checked(realloc(prerequisite->dependents, (count + 1) * sizeof(struct job *)));
	prerequisite->dependents[count] = job;
	job->open_prerequisites++;
}

static void job_free(struct job *job)
{
	free(job->dependents);
	free(job);
}

static void watch_batches(void *context, void (*completed)(void *, unsigned, long))
{
	struct watcher *watcher = checked(malloc(sizeof *watcher));

	watcher->context = context;
	watcher->completed = completed;
	watcher->next = office.watchers;
	office.watchers = watcher;
}

static void unwatch_batches(const void *context)
{
	struct watcher **link = &office.watchers, *watcher;

	while (*link && (*link)->context != context)
		link = &(*link)->next;
	watcher = *link;
	if (watcher) {
		*link = watcher->next;
		free(watcher);
	}
}

static void batch_completed(void *context, unsigned id, long value)
{
	struct batch *batch = context;

	if (batch->id == id)
		batch->sum += value;
	office.notified++;
}

static struct batch *batch_open(unsigned id)
{
	struct batch *batch = checked(calloc(1, sizeof *batch));

	batch->id = id;
	snprintf(batch->title, sizeof batch->title, "batch %u", id);
	watch_batches(batch, batch_completed);
	return batch;
}

static unsigned batch_fill(struct batch *batch)
{
	struct job *first = job_create(batch->id, 5), *last = job_create(batch->id, 1);
	unsigned middle = 2 + (unsigned)pick(4);

	job_requires(last, first);
	for (unsigned i = 0; i < middle; i++) {
		struct job *job = job_create(batch->id, 2 + (unsigned)pick(3));

		job_requires(job, first);
		job_requires(last, job);
	}
	pthread_mutex_lock(&plan.lock);
	plan_push(first);
	pthread_mutex_unlock(&plan.lock);
	return middle + 2;
}

static void result_file(struct result *result, struct batch *batch)
{
	if (result->failed) {
		office.failed++;
		batch->failed++;
	} else {
		for (struct watcher *watcher = office.watchers; watcher; watcher = watcher->next)
			watcher->completed(watcher->context, batch->id, result->value);
	}
	if (result->failed && office.keep_failures) {
		result->next = office.failures;
		office.failures = result;
		return;
	}
	free(result);
}

/* Waits for all jobs of the batch, letting go those that waited for them. */
static void batch_complete(struct batch *batch)
{
	while (batch->open > 0) {
		struct job *job;

		pthread_mutex_lock(&plan.lock);
		while (!plan.finished)
			pthread_cond_wait(&plan.done, &plan.lock);
		job = plan.finished;
		plan.finished = job->next_done;
		for (unsigned i = 0; i < job->dependent_count; i++)
			if (--job->dependents[i]->open_prerequisites == 0)
				plan_push(job->dependents[i]);
		pthread_mutex_unlock(&plan.lock);
		result_file(job->result, batch);
		job_free(job);
		batch->open--;
	}
	office.completed++;
}

static void batch_close(struct batch *batch)
{
	if (office.keep_watchers)
		return;
	unwatch_batches(batch);
	free(batch);
}

int main(int argc, char **argv)
{
	enum { FIXED, LEAKY, RESULTS };
	int mode = rounds_begin(argc, argv, "fixed leaky results");
	struct batch *recurring[RECURRING];
	pthread_t workers[WORKERS];
	unsigned id = 0;

	office.keep_watchers = mode == LEAKY;
	office.keep_failures = mode == RESULTS;
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&workers[i], NULL, work, NULL) != 0)
			return 1;
	for (int i = 0; i < RECURRING; i++)
		recurring[i] = batch_open(++id);
	while (next_round()) {
		struct batch *batch = batch_open(++id);

		recurring[rounds.number % RECURRING]->open =
			batch_fill(recurring[rounds.number % RECURRING]);
		batch_complete(recurring[rounds.number % RECURRING]);
		batch->open = batch_fill(batch);
		batch_complete(batch);
		batch_close(batch);
	}
	pthread_mutex_lock(&plan.lock);
	plan.stop = true;
	pthread_cond_broadcast(&plan.ready);
	pthread_mutex_unlock(&plan.lock);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	printf("%lu batches, %lu jobs failed, %lu told\n", office.completed, office.failed,
	       office.notified);
	return 0;
}
