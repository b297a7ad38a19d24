/*
 * The twin's memory and limits: see memory.h.
 * Must not: return without memory, or past the time limit: the twin ends then.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "silt_snapshot.h"

void graph_give_up(struct graph *graph, uint32_t status)
{
	graph->report->status = status;
	for (;;)
		rt_syscall(SYS_exit_group, EAGAIN, 0, 0, 0, 0, 0);
}

void graph_check_time(struct graph *graph)
{
	if (rt_monotonic_ns() > graph->deadline_ns)
		graph_give_up(graph, SILT_GRAPH_TIME);
}

void *graph_alloc(struct graph *graph, size_t size)
{
	void *memory;

	size = (size + RT_PAGE) & ~(RT_PAGE - 1);
	graph->used += size;
	memory = rt_map_for(RT_BRIEF, size);
	if (!memory)
		graph_give_up(graph, SILT_GRAPH_MEMORY);
	/* `used` is an upper bound of what is resident: the costly exact figure is read only when
	 * `used` passes the limit. */
	if (graph->used > graph->budget && rt_resident() - graph->resident_before > graph->budget)
		graph_give_up(graph, SILT_GRAPH_MEMORY);
	return memory;
}

void graph_free(struct graph *graph, void *memory, size_t size)
{
	size = (size + RT_PAGE) & ~(RT_PAGE - 1);
	graph->used -= size;
	rt_unmap(memory, size);
}

void *graph_grow(struct graph *graph, void *old, size_t old_size, size_t new_size)
{
	void *memory = graph_alloc(graph, new_size);

	if (old) {
		memcpy(memory, old, old_size);
		graph_free(graph, old, old_size);
	}
	return memory;
}

static void swap(char *a, char *b, size_t size)
{
	char kept[64];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

void graph_sort(void *array, uint32_t count, size_t size,
		bool (*before)(const void *a, const void *b))
{
	char *at = array;

	/* Heapsort: sift every element down, then repeatedly move the largest to the end. */
	for (uint32_t start = count / 2, end = count; end > 1;) {
		uint32_t root = 0;

		if (start > 0)
			root = --start;
		else
			swap(at, at + --end * size, size);
		for (uint32_t child; (child = root * 2 + 1) < end; root = child) {
			if (child + 1 < end && before(at + child * size, at + (child + 1) * size))
				child++;
			if (!before(at + root * size, at + child * size))
				break;
			swap(at + root * size, at + child * size, size);
		}
	}
}
