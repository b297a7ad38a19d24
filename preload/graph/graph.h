/*
 * The heap graph: who holds which block. A copy-on-write twin of the process is made while its threads stand still
 * (graph_stop.c); the twin finds the roots, follows every pointer, and writes the snapshot, while the program goes on.
 * Called by run.c. Path: cold. Threads: the helper process makes the twin, which has one thread and a memory of its own.
 * Memory: tables of about 12 bytes a block, in the twin only; a shared page for what it has to say.
 * Must not: take a lock in the twin that a stopped thread may hold, read memory that cannot be read.
 *
 * The files are the stages: graph.c (the twin's life), graph_stop.c, graph_maps.c, graph_index.c (address -> block),
 * graph_threads.c, graph_symbols.c, graph_roots.c, graph_mark.c (with graph_fold.c and graph_code.c), graph_lost.c,
 * graph_sum.c, graph_write.c. In the twin nothing has to be undone: whatever cannot go on calls graph_give_up().
 */
#ifndef SILT_GRAPH_H
#define SILT_GRAPH_H

#include "snapshot/writer.h"

/* Learns where the C library keeps what graph_threads.c reads. Calls dlsym: in the constructor. */
void graph_prepare(void);

/* A thread that waits for the graph, and so stands still without being stopped. */
struct graph_asker {
	uint32_t tid;
	uintptr_t pc, sp, fp, thread_pointer;
};

/* Writes a snapshot with the graph; 0 or -errno. Only from the helper process. What came of the graph goes to `outcome`:
 * where it could not be made, no file was written, and the outcome says why. */
long graph_snapshot(const struct snapshot_process *process, const struct snapshot_cause *cause, int directory,
		    const char *name, const struct graph_asker *asker, struct silt_graph *outcome);

struct graph;
/* In the twin: the graph's sections. `record_of[site]`: index in the section of sites, UINT32_MAX: not there. */
struct snapshot_file;
void graph_write(struct graph *graph, struct snapshot_file *file, const uint32_t *record_of,
		 uint32_t site_count);
/* In the twin: finds roots, marks, sums up. May learn modules, pcs: before those are written. */
void graph_build(struct graph *graph);

/* May an automatic graph be made now, so that pauses and scanning stay below 1% of the time? */
bool graph_is_due(void);
/* Is it a matter of a second or two, so that the end of the program may wait for it? */
bool graph_is_cheap(void);
/* A graph was made, or tried: how long that took, with the pause, and the live bytes then. */
void graph_took(uint64_t ns, uint64_t live_bytes);

#endif
