/*
 * How much of large blocks is in use: up to their last byte that is not zero. An array that doubles
 * by realloc grows in few, large steps; how full it is tells whether its program appends all the
 * time.
 * Path: cold. Threads: the twin. Memory: none.
 * Must not: read pages never touched: that would add them to the twin.
 *
 * Cost: a full block is known by its last word; of one that is empty at its end, what was ever
 * touched there is read once.
 */
#include "base/rt.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "graph/sum.h"

#define STRIP 64u /* pages asked for at once */
/* bytes: smaller blocks have been read as a whole for their pointers */
#define SPARSE (256ul << 10)

/* One past the last byte of a range that is not zero, counted from `start`; 0: all are. */
static uint64_t used_within(uintptr_t start, uintptr_t end)
{
	while (end > start && end % 8)
		if (((const unsigned char *)end--)[-1])
			return end + 1 - start;
	while (end >= start + 8 && ((const uint64_t *)end)[-1] == 0)
		end -= 8;
	while (end > start && ((const unsigned char *)end)[-1] == 0)
		end--;
	return end - start;
}

/* The same of what was touched of the pages from `low` to before `high`. */
static uint64_t used_of_strip(uintptr_t start, uintptr_t end, uintptr_t low, uintptr_t high)
{
	unsigned char present[STRIP];
	uint32_t pages = (uint32_t)((high - low) / RT_PAGE);

	if (!rt_present((const void *)low, high - low, present))
		return 0;
	for (uint32_t i = pages; i-- > 0;) {
		uintptr_t page = low + i * RT_PAGE, from = page < start ? start : page,
			  to = page + RT_PAGE < end ? page + RT_PAGE : end;
		uint64_t used = present[i] && to > from ? used_within(from, to) : 0;

		if (used)
			return from + used - start;
	}
	return 0;
}

uint64_t graph_fill_used(struct graph *graph, const struct graph_block *block)
{
	uintptr_t start = block->start, end = start + block->size, first = start & ~(RT_PAGE - 1),
		  high;
	uint64_t used = 0;

	if (!graph_clip(graph, start, &end) || end <= start)
		return 0;
	if (block->size < SPARSE)
		return used_within(start, end);
	high = (end + RT_PAGE - 1) & ~(RT_PAGE - 1);
	while (high > first && !used) {
		uintptr_t low = high - first > STRIP * RT_PAGE ? high - STRIP * RT_PAGE : first;

		used = used_of_strip(start, end, low, high);
		high = low;
		graph_check_time(graph);
	}
	return used;
}
