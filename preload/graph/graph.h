/*
 * The heap graph: which roots hold which blocks. While the program's threads are stopped
 * (graph/stop.c), a copy-on-write copy of the process, the twin, is made. The twin finds the roots,
 * follows every pointer and writes the snapshot while the program runs on.
 * Path: cold. Threads: the helper process makes the twin, which has one thread and its own memory.
 * Memory: tables of about 12 bytes a block in the twin; one page shared with it for its report.
 * Must not: take a lock in the twin that a stopped thread may hold, read unreadable memory.
 *
 * Each stage is a file, see preload/README.md; build() in graph.c calls them in order. The twin
 * never cleans up: on an error it ends, in graph_give_up().
 */
#ifndef SILT_GRAPH_H
#define SILT_GRAPH_H

#include "snapshot/writer.h"

struct silt_graph;

/* Learns the layout of the C library's thread records. Calls dlsym(): only from the constructor. */
void graph_prepare(void);

/* The thread that waits for the graph, and so does not run although nobody stops it. */
struct graph_asker {
	uint32_t tid;
	uintptr_t pc, sp, fp, thread_pointer;
};

struct graph_request {
	const struct snapshot_process *process;
	const struct snapshot_cause *cause;
	/* descriptor of the directory, and the snapshot's file name in it */
	int directory;
	const char *name;
	/* NULL: no thread waits */
	const struct graph_asker *asker;
	/* for building and writing the graph */
	uint64_t limit_ns;
	/* of the twin's tables; 0: half of the live heap, with a lower bound */
	uint64_t limit_bytes;
	/* Takes every lock of the library, so that no other thread holds one in the copy. Returns
	 * false, and holds none, if that fails. unlock_all() releases them, in the process and in
	 * its copy. */
	bool (*lock_all)(void);
	void (*unlock_all)(void);
};

/* Writes a snapshot with the graph. Only from the helper process. Sets `outcome` in every case.
 * Returns 0, or -errno: then no file was written, and `outcome` says why. */
long graph_snapshot(const struct graph_request *request, struct silt_graph *outcome);

/* Stops the program's threads, and calls `look` in a process that shares the program's memory;
 * `still`: no thread runs. Only from the helper process. Uses process, asker, lock_all and
 * unlock_all of the request. Returns false if `look` was not called, or did not return. */
bool graph_pause(const struct graph_request *request, void (*look)(bool still));

/* Starts the time of which graph_is_due() grants a share. At the program's start. */
void graph_budget_begins(void);
/* True if an automatic graph may be made now: pauses and scanning then stay below 1% of the time
 * since the last graph, and below 5% for the first. */
bool graph_is_due(void);
/* Estimated cost of a graph made now: that of the last one, plus that of the heap's growth
 * since. */
uint64_t graph_expected_ns(void);
/* True if a graph takes two seconds at most, so that the end of the program may wait for it. */
bool graph_is_cheap(void);
/* Notes a graph that was made or tried: the pause plus the twin's processor time, and the live
 * bytes at that time. */
void graph_note_cost(uint64_t ns, uint64_t live_bytes);

#endif
