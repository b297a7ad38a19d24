/* The state of each thread: see thread.h. */
#include "record/thread.h"

#include <errno.h>
#include <pthread.h>

#include "base/libc.h"
#include "base/rt.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "unwind/capture.h"
#include "unwind/walks.h"

static struct {
	struct rt_lock lock;
	/* never removed from */
	struct track_thread *_Atomic all;
	/* states of threads that have ended */
	struct track_thread *idle;
	pthread_key_t key;
	bool has_key;
	/* blocks of threads without a state */
	_Atomic uint64_t lost_early;
} threads = {.lock = RT_LOCK(RT_RANK_THREADS)};

static struct track_thread *new_thread(void)
{
	struct track_thread *thread = rt_map(sizeof *thread);

	if (!thread)
		return NULL;
	thread->random = rt_monotonic_ns() ^ (uintptr_t)thread;
	thread->marks = TRACK_MOST_MARKS;
	counters_register(&thread->counters);
	thread->next = atomic_load(&threads.all);
	atomic_store(&threads.all, thread);
	return thread;
}

struct track_thread *thread_take(void)
{
	struct track_thread *thread;

	rt_lock(&threads.lock);
	thread = threads.idle;
	if (thread)
		threads.idle = thread->next_idle;
	else
		thread = new_thread();
	rt_unlock(&threads.lock);
	if (thread) {
		thread->last = NULL;
		thread->now_generation = 0;
		thread->version = 0;
		thread->near.number = BLOCKS_NOWHERE;
		unwind_walk_init(&thread->walk);
		walks_init(&thread->walks);
	}
	return thread;
}

void thread_give(struct track_thread *thread)
{
	rt_lock(&threads.lock);
	thread->next_idle = threads.idle;
	threads.idle = thread;
	rt_unlock(&threads.lock);
}

/* The key's destructor. What the thread still allocates and frees afterwards takes a state for each
 * call. */
static void thread_ends(void *state)
{
	track_self.guard = 1;
	track_self.fast = NULL;
	track_self.thread = NULL;
	track_self.ended = true;
	thread_give(state);
	track_self.guard = 0;
}

void track_leave_ended(void)
{
	if (track_self.thread)
		thread_give(track_self.thread);
	track_self.thread = NULL;
}

bool thread_assign(void)
{
	track_self.thread = thread_take();
	if (track_self.thread && !track_self.ended && threads.has_key)
		libc_key_set(threads.key, track_self.thread);
	return track_self.thread != NULL;
}

bool thread_keep(struct track_thread *thread)
{
	int saved = errno;

	if (track_self.thread || track_self.ended || !threads.has_key)
		return false;
	track_self.thread = thread;
	libc_key_set(threads.key, thread);
	errno = saved;
	return true;
}

void thread_start(void)
{
	threads.has_key = libc_key_create(&threads.key, thread_ends);
}

void thread_count_lost(void)
{
	atomic_fetch_add(&threads.lost_early, 1);
}

uint64_t track_lost_records(void)
{
	uint64_t lost = atomic_load(&threads.lost_early);

	for (struct track_thread *t = atomic_load(&threads.all); t; t = t->next)
		lost += __atomic_load_n(&t->lost_records, __ATOMIC_RELAXED);
	return lost;
}

uint64_t track_unknown_frees(void)
{
	uint64_t unknown = 0;

	for (struct track_thread *t = atomic_load(&threads.all); t; t = t->next)
		unknown += __atomic_load_n(&t->unknown_frees, __ATOMIC_RELAXED);
	return unknown;
}

uint32_t track_threads_at_once(void)
{
	uint32_t count = 0;

	/* A state of a thread that has ended is used by the next one. */
	for (struct track_thread *t = atomic_load(&threads.all); t; t = t->next)
		count++;
	return count;
}

void track_before_fork(void)
{
	rt_lock(&threads.lock);
}

void track_after_fork(void)
{
	rt_unlock(&threads.lock);
}

void track_only_thread(void)
{
	/* All states but this thread's are unused now. */
	threads.idle = NULL;
	for (struct track_thread *t = atomic_load(&threads.all); t; t = t->next) {
		if (t != track_self.thread) {
			t->next_idle = threads.idle;
			threads.idle = t;
		}
	}
}
