/*
 * The run of this process: its snapshots, their numbers, and which of them are kept.
 * Path: cold. Threads: all and the helper process, under one lock, without thread-local storage.
 * Memory: static.
 * Must not: write anywhere but in the directory of run_directory.h.
 */
#ifndef SILT_RUN_H
#define SILT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "control/run_directory.h"

/* Notes that the program begins to end; later snapshots carry that time. `cause`: enum silt_end.
 * False: it was noted before. */
bool run_end_begins(uint32_t cause);
/* Takes that back: a handler of SIGABRT has jumped out, and the program goes on. */
void run_undo_end(uint32_t cause);
/* True if a snapshot with this trigger gets the heap graph. */
bool run_wants_graph(uint32_t trigger);
/* True if the run has, or will have, more snapshots than the one at exit. */
bool run_is_series(void);

/* Begins the run: notes the process, its command line, and where runs go. */
void run_start(void);
/* Begins another run of a process that was detached from and attached to again. */
void run_start_again(void);
/* Begins the run of a forked child; its directory is created when needed. */
void run_after_fork(void);
uint32_t run_pid(void);
/* True if this process, a forked child that ends at once after many others like it, writes nothing
 * and is only counted. */
bool run_is_only_counted(uint32_t trigger);

/* Reads the allocator's figures of its heap. Only in a thread of the program. */
void run_read_heap(uint32_t trigger);

struct graph_asker;
struct run_request {
	/* enum silt_trigger */
	uint32_t trigger;
	const char *label;
	/* graph: with the heap graph, which only the helper can make; elsewhere the snapshot says
	 * that there is none. in_helper: the caller is the helper. */
	bool graph, in_helper;
	/* read the allocator's figures first, which takes its locks */
	bool heap;
	/* the thread that waits for the snapshot; NULL: none */
	const struct graph_asker *asker;
};
/* Writes a snapshot now, and removes older ones beyond --keep. Returns 0 or -errno. `path` (may be
 * NULL) receives its path. */
long run_snapshot(const struct run_request *request, char path[RUN_PATH_MAX]);
/* Calls `look` while the program's threads are stopped, between two snapshots. False: that
 * failed. */
bool run_pause(void (*look)(bool still));
/* Forgets everything recorded so far, between two snapshots. False: no memory. */
bool run_clear(void);
/* Reports once why snapshots could not be written, if the user asked for a recording. Only in the
 * program: the helper has no standard error. */
void run_report_lost(void);
/* Counts a snapshot that was not written. `error`: -errno. */
void run_count_lost(long error);
/* Blocks and bytes that the last graph found lost. False: there is no graph. */
bool run_last_lost(uint64_t *blocks, uint64_t *bytes);

/* Nanoseconds between snapshots by interval, at present; 0: off. */
uint64_t run_interval(void);

/* The program is about to change its user or root directory: creates the run directory while it
 * can, keeps it open, and gives it to `user`. RUN_SAME_USER: does not change its owner. */
#define RUN_SAME_USER UINT32_MAX
void run_prepare_for(uint32_t user);
/* The run directory, created if needed. Returns a descriptor that the caller closes, or -errno. */
int run_directory(void);
/* Removes the run directory if it has no snapshot. */
void run_remove_empty(void);

#endif
