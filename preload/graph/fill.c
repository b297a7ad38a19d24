/*
 * How much of large blocks is used: the bytes up to the last one that is not zero. An array that
 * doubles by realloc grows in few large steps; its fill tells whether the program appends all the
 * time.
 * Path: cold. Threads: the twin. Memory: none.
 * Must not: read pages that were never touched: that would allocate them in the twin.
 *
 * Cost: a full block takes one read of its last word; a block that is zero at its end, one read of
 * every touched page there.
 */
#include "base/rt.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "graph/sum.h"

#define STRIP 64u /* pages asked for at once */
/* bytes: smaller blocks were read as a whole when they were marked */
#define SPARSE (256ul << 10)

/* Offset from `start` of the byte after the last one that is not zero; 0: all are zero. */
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

/* The same for the touched pages of [low, high). */
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
