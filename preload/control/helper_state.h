/*
 * State shared by the program's side of the helper and by the helper process.
 * Path: cold. Threads: the program's and the helper. Memory: static.
 * Must not: be trusted by the helper: the program can write to all of it.
 */
#ifndef SILT_HELPER_STATE_H
#define SILT_HELPER_STATE_H

#include <sys/types.h>

#include "base/rt.h"
#include "control/run.h"
#include "graph/graph.h"

#define HELPER_STACK_SIZE (128ul << 10)
#define HELPER_MAX_LABEL 256u
#define HELPER_MAX_CLIENTS 8
#define HELPER_SECOND_NS 1000000000ul

/* A connection to the control socket. */
struct helper_client {
	/* -1: unused */
	int fd;
	/* it waits for the end of the helper */
	bool waits;
	/* for the whole request, monotonic clock */
	uint64_t deadline_ns;
	size_t length;
	char request[16 + HELPER_MAX_LABEL];
};

enum helper_leaving { HELPER_STAYS, HELPER_ASKED_TO_LEAVE, HELPER_ASKED_TO_END, HELPER_LEFT };

struct helper_state {
	/* cleared by the kernel when the helper releases the memory */
	_Atomic uint32_t tid;
	/* requests: one bit for each trigger */
	_Atomic uint32_t pending;
	/* number of snapshots written that a thread has waited for */
	_Atomic uint32_t done;
	/* 1: accepts requests, or never will */
	_Atomic uint32_t listens;
	/* enum helper_leaving */
	_Atomic uint32_t leaving;
	/* it has ended because it had more rights than the program */
	_Atomic bool needs_successor;
	/* the program's last snapshot is written */
	_Atomic bool last_written;
	/* An abort() has written a snapshot, and a handler may yet jump out of it. No further one
	 * is due if the live bytes are still `live_at_abort` when the program is gone. */
	_Atomic bool aborting;
	int64_t live_at_abort;
	/* the program cannot tell how it ends */
	bool confined;
	/* one thread at a time starts a helper, for which there is one stack, asks it to leave, or
	 * reaps it */
	struct rt_lock changing;
	/* one was started, and no other is to follow it */
	bool started;
	/* and so another may follow it */
	bool was_killed_by_us;
	/* the helper is not a child of the program, which waits with __WALL */
	bool is_orphan;
	/* to be reaped; 0: none */
	long pid;
	/* one thread at a time waits for a snapshot, which `wanted` describes */
	struct rt_lock asking;
	struct run_request wanted;
	struct graph_asker asker;
	char wanted_label[HELPER_MAX_LABEL];
	/* The program's end of the socket pair, and how to recognise it: the program may close it
	 * and open something else under that number. */
	int wake_send_fd;
	dev_t wake_send_device;
	ino_t wake_send_inode;
	char *stack;
	/* The helper's descriptors: its end of the socket pair, the control socket, a pidfd of the
	 * program; -1: none. */
	int wake_recv_fd, control_fd, program_fd;
	/* when the next snapshot by interval is due, monotonic clock */
	uint64_t next_ns;
	struct helper_client clients[HELPER_MAX_CLIENTS];
};
extern struct helper_state helper RT_HIDDEN;

/* helper.c: the process's state in /proc/PID/stat, a letter; 0: unknown. */
char helper_process_state(long pid);

/* helper_main.c: the helper process. */
__attribute__((noreturn)) int helper_main(void *unused);
/* Sets a timer by which the kernel kills the helper. 0: none. */
void helper_set_timeout(uint64_t ns);
/* The longest that a snapshot may take, nanoseconds. */
uint64_t helper_snapshot_timeout(bool graph);

/* helper_take.c: has the program ask its allocator for its figures, which only its own threads may
 * do, at its next allocation. Waits for that a few milliseconds at most. */
void helper_read_heap(void);
/* Takes a snapshot now. `trigger`: enum silt_trigger. */
void helper_take(uint32_t trigger);
/* Takes the snapshots that were asked for since the last call. */
void helper_take_pending(void);
/* Takes one if it is due by the interval. */
void helper_take_interval(void);
/* Takes one if the program is close to a limit of memory, so that the kernel may soon kill it, and
 * the helper with it: first one without the graph, in milliseconds, then one with the graph if
 * there is time. If memory runs out meanwhile, the twin is killed first. */
void helper_take_at_limit(void);

/* helper_control.c: opens the socket `control` in the run directory. Returns a descriptor or -1. */
int helper_open_control(void);
/* True if another connection can be accepted. */
bool helper_has_room(void);
/* Accepts a connection, if one waits and there is room for it. */
void helper_accept(void);
/* Reads what a client has sent, and answers a complete request. */
void helper_serve(struct helper_client *client);
/* Closes connections past their deadline. Returns the next deadline; 0: none. */
uint64_t helper_end_late_clients(void);

#endif
