/*
 * The run of this process: its snapshots, their numbers, which of them are kept.
 * Path: cold. Threads: all and the helper process, under one lock, without thread-local storage.
 * Memory: static.
 * Must not: write anywhere but in the directory of run_directory.h.
 */
#ifndef SILT_RUN_H
#define SILT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "control/run_directory.h"

/* The program begins to end: from now on snapshots carry the moment. False: it had begun before.
 * `cause`: enum silt_end. */
bool run_end_begins(uint32_t cause);
/* A handler of SIGABRT jumped out: the program goes on after the end that `cause` began. */
void run_end_undone(uint32_t cause);
/* Does a snapshot with this trigger get the heap graph? */
bool run_wants_graph(uint32_t trigger);
/* Are there more snapshots than the one at exit, or will there be? */
bool run_is_series(void);

/* Notes the process, its command line and where runs go. */
void run_start(void);
/* The same when it is recorded once more, after it was not for a while: a run of its own. */
void run_start_again(void);
/* This process is a copy of another: a run of its own, with a directory made when it is needed. */
void run_after_fork(void);
uint32_t run_pid(void);
/* Is this process one of too many forked children that end at once? Then it writes nothing. */
bool run_is_only_counted(uint32_t trigger);

/* What the allocator says of its heap; only from a thread of the program. */
void run_read_heap(uint32_t trigger);

/* Writes a snapshot now and thins the run; 0 or -errno. Its path goes to `path` (may be NULL).
 * `graph`: with the heap graph, which only the helper can make; elsewhere the snapshot says that
 * there is none. */
struct graph_asker;
struct run_request {
	/* enum silt_trigger */
	uint32_t trigger;
	const char *label;
	bool graph, in_helper;
	/* the allocator is asked for its figures before: it takes its locks */
	bool heap;
	/* the thread that waits for it; NULL: none */
	const struct graph_asker *asker;
};
long run_snapshot(const struct run_request *request, char path[RUN_PATH_MAX]);
/* Has `look` run while the program's threads stand still, between two snapshots; false: it has
 * not. */
bool run_pause(void (*look)(bool still));
/* Forgets everything recorded so far, between two snapshots; false: no memory. */
bool run_clear(void);
/* Says once, where the user has asked for a recording, why snapshots could not be written; from
 * the program, for the helper has closed standard error. */
void run_say_lost(void);
/* A snapshot could not even be begun: -errno. */
void run_count_lost(long error);
/* Blocks and bytes that the last graph found lost; false: it could not be made. */
bool run_last_lost(uint64_t *blocks, uint64_t *bytes);

/* The present time between snapshots by interval, nanoseconds; 0: none are asked for. */
uint64_t run_interval(void);

/* The program is about to give up rights: makes the directory while it can, keeps it open and
 * gives it to the user that the program becomes. RUN_SAME_USER: only keeps it open. */
#define RUN_SAME_USER UINT32_MAX
void run_prepare_for(uint32_t user);
/* The directory, made if need be: a descriptor to close, or -errno. */
int run_directory(void);
/* Removes the directory if nothing was written. */
void run_remove_empty(void);

#endif
