/*
 * Threads under musl: see threads_musl.h.
 * Must not: take words for a thread's record that do not describe the mapping they are in.
 */
#include "graph/threads_musl.h"

#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/stop.h"
#include "silt_snapshot.h"

#define VALUES_SIZE (MUSL_KEYS * sizeof(void *))
/* The record is as close below `values` as the alignment of thread-local variables lets it be. */
#define MOST_ALIGNMENT 4096u

/* struct start_args: what pthread_create() leaves at the end of the stack. */
struct start {
	uintptr_t function, argument, control, signal_mask;
};

/* The record of the thread whose mapping ends at `end`; NULL: there is none. `low`: where readable
 * memory begins. */
static const struct musl_thread *record_at(uintptr_t low, uintptr_t end)
{
	uintptr_t last = (end - VALUES_SIZE - sizeof(struct musl_thread)) & ~7ul;
	uintptr_t first = last - MOST_ALIGNMENT;

	if (end - low < VALUES_SIZE + sizeof(struct musl_thread))
		return NULL;
	if (first < low || first > last)
		first = low;
	for (uintptr_t at = last; at >= first; at -= 8) {
		const struct musl_thread *thread = (const struct musl_thread *)at;

		if (thread->self == thread && (uintptr_t)thread->values == end - VALUES_SIZE &&
		    thread->map_base + thread->map_size == end && thread->map_base < at &&
		    thread->stack <= at && thread->stack > thread->map_base)
			return thread;
	}
	return NULL;
}

static bool has_ended(const struct musl_thread *thread)
{
	return thread->tid == 0 && thread->detach_state == 0 && thread->prev == thread &&
	       thread->next == thread;
}

static void add_ended(struct graph *graph, const struct musl_thread *thread)
{
	GRAPH_ROOM(graph, threads, thread_count, thread_capacity);
	graph->threads[graph->thread_count++] =
		(struct graph_thread){.flags = SILT_THREAD_ENDED, .control = (uintptr_t)thread};
}

void graph_musl_find_ended(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->map_count; i++) {
		const struct graph_map *map = &graph->maps[i];
		const struct musl_thread *thread;
		uintptr_t end = map->end;

		if ((map->flags & (GRAPH_READ | GRAPH_WRITE)) != (GRAPH_READ | GRAPH_WRITE) ||
		    map->flags & (GRAPH_SHARED | GRAPH_FILE | GRAPH_DEVICE | GRAPH_HEAP))
			continue;
		/* Stacks without a guard page can lie in one mapping. */
		while (end > map->start && (thread = record_at(map->start, end))) {
			if (has_ended(thread))
				add_ended(graph, thread);
			end = thread->map_base;
			graph_check_time(graph);
		}
	}
}

uintptr_t graph_musl_start(const struct graph *graph, const struct graph_thread *thread)
{
	const struct musl_thread *record = (const struct musl_thread *)thread->control;
	const struct graph_map *map = thread->control ? graph_map_of(graph, thread->control) : NULL;
	uintptr_t start;

	/* The first thread was not started by pthread_create(). */
	if (!map || !(map->flags & GRAPH_READ) || thread->flags & SILT_THREAD_MAIN ||
	    map->end - thread->control < sizeof *record)
		return 0;
	start = (record->stack & ~7ul) - sizeof(struct start);
	map = graph_map_of(graph, start);
	if (!map || !(map->flags & GRAPH_READ) || map->end - start < sizeof(struct start))
		return 0;
	return ((const struct start *)start)->function;
}
