/*
 * The heap graph: who holds which block. A copy-on-write twin of the process is made while its
 * threads stand still (graph/stop.c); the twin finds the roots, follows every pointer, and writes
 * the snapshot, while the program goes on.
 * Path: cold. Threads: the helper process makes the twin, which has one thread and a memory of its
 * own. Memory: tables of about 12 bytes a block, in the twin only; a shared page for what it has to
 * say.
 * Must not: take a lock in the twin that a stopped thread may hold, read memory that cannot be
 * read.
 *
 * The files are the stages: graph.c (the twin's life), graph/stop.c, graph/maps.c, graph/index.c
 * (address -> block), graph/threads.c, graph/symbols.c, graph/roots.c, graph/mark.c (with
 * graph/fold.c and graph/code.c), graph/lost.c, graph/sum.c, graph/write.c. In the twin nothing has
 * to be undone: whatever cannot go on calls graph_give_up().
 */
#ifndef SILT_GRAPH_H
#define SILT_GRAPH_H

#include "snapshot/writer.h"

struct silt_graph;

/* Learns where the C library keeps what graph/threads.c reads. Calls dlsym: in the constructor. */
void graph_prepare(void);

/* A thread that waits for the graph, and so stands still without being stopped. */
struct graph_asker {
	uint32_t tid;
	uintptr_t pc, sp, fp, thread_pointer;
};

struct graph_request {
	const struct snapshot_process *process;
	const struct snapshot_cause *cause;
	/* the file: NAME in the directory */
	int directory;
	const char *name;
	/* NULL: nobody waits */
	const struct graph_asker *asker;
	uint64_t limit_ns;
	/* of the twin's tables; 0: half of the live heap */
	uint64_t limit_bytes;
	/* Takes every lock of the library, so that the copy has none of another thread's;
	 * false: it cannot be had, and none is held. unlock_all() lets them go, in the process
	 * and in its copy. */
	bool (*lock_all)(void);
	void (*unlock_all)(void);
};

/* Writes a snapshot with the graph; 0 or -errno. Only from the helper process. What came of the
 * graph goes to `outcome`: where it could not be made, no file was written, and the outcome
 * says why. */
long graph_snapshot(const struct graph_request *request, struct silt_graph *outcome);

/* Has `look` run while the program's threads stand still, in a process that shares its memory;
 * `still`: all of them do. Only from the helper process. Of the request counts who asks, and
 * the locks. False: it has not run, or not to its end. */
bool graph_pause(const struct graph_request *request, void (*look)(bool still));

/* The program has just started: none of its time is spent yet. */
void graph_budget_begins(void);
/* May an automatic graph be made now, so that pauses and scanning stay below 1% of the time,
 * and the first one below 5%? */
bool graph_is_due(void);
/* How long one would take: as long as the last one, and longer by what the heap has grown since. */
uint64_t graph_expected_ns(void);
/* Is it a matter of a second or two, so that the end of the program may wait for it? */
bool graph_is_cheap(void);
/* A graph was made, or tried: the pause and the processor time that took, and the live bytes
 * then. */
void graph_took(uint64_t ns, uint64_t live_bytes);

#endif
