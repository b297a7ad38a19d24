/*
 * Decides when a heap graph is worth its cost: see graph.h.
 * Path: cold. Threads: any of the program's, and the helper; they share single words. Memory:
 * static.
 * Must not: wait.
 */
#include "base/rt.h"
#include "record/counters.h"
#include "graph/graph.h"

#define SHARE 100u		     /* a graph may take one part in so many of the time */
#define SHARE_OF_FIRST 20u	     /* the first graph, of the time before it */
#define BYTES_A_SECOND (400ul << 20) /* scanned, of a heap of small blocks */
#define AT_THE_END_NS 2000000000ul   /* the most a graph may take at the program's end */

static struct {
	/* when the last graph was done, or the program began */
	_Atomic uint64_t done_ns;
	_Atomic uint64_t took_ns, live_bytes;
} last;

void graph_budget_begins(void)
{
	atomic_store(&last.took_ns, 0);
	atomic_store(&last.live_bytes, 0);
	atomic_store(&last.done_ns, rt_monotonic_ns());
}

void graph_note_cost(uint64_t ns, uint64_t live_bytes)
{
	atomic_store(&last.took_ns, ns);
	atomic_store(&last.live_bytes, live_bytes);
	atomic_store(&last.done_ns, rt_monotonic_ns());
}

uint64_t graph_expected_ns(void)
{
	int64_t live = atomic_load(&counters_live);
	uint64_t bytes = live > 0 ? (uint64_t)live : 0, before = atomic_load(&last.live_bytes);
	uint64_t more = bytes > before ? bytes - before : 0;

	return atomic_load(&last.took_ns) + more * 1000 / (BYTES_A_SECOND / 1000000);
}

bool graph_is_due(void)
{
	uint64_t share = atomic_load(&last.took_ns) ? SHARE : SHARE_OF_FIRST;

	return rt_monotonic_ns() - atomic_load(&last.done_ns) >= share * graph_expected_ns();
}

bool graph_is_cheap(void)
{
	return graph_expected_ns() <= AT_THE_END_NS;
}
