/*
 * What the files of the helper process share.
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

/* One connection to the control socket. */
struct helper_client {
	/* -1: free */
	int fd;
	/* until the helper ends */
	bool waits;
	/* for the whole request */
	uint64_t deadline_ns;
	size_t length;
	char request[16 + HELPER_MAX_LABEL];
};

enum helper_leaving { HELPER_STAYS, HELPER_ASKED_TO_LEAVE, HELPER_ASKED_TO_END, HELPER_LEFT };

struct helper_state {
	/* the kernel clears it as the helper lets go of the memory */
	_Atomic uint32_t tid;
	/* bit TRIGGER: asked for */
	_Atomic uint32_t pending;
	/* waited-for snapshots written */
	_Atomic uint32_t done;
	/* or cannot */
	_Atomic uint32_t listens;
	/* enum helper_leaving */
	_Atomic uint32_t leaving;
	/* Number of the last request to look at the program's rights, and of the last one
	 * answered. */
	_Atomic uint32_t looks_asked, looks_done;
	/* it has ended because it had more rights than the program */
	_Atomic bool wants_successor;
	_Atomic bool last_written;
	/* By an abort() that a handler may jump out of: no snapshot is due if nothing is allocated
	 * after. */
	_Atomic bool aborting;
	int64_t live_at_abort;
	/* how the program ends is not known then */
	bool confined;
	bool started;
	/* then another may follow */
	bool was_killed_by_us;
	/* not the program's child: for programs that wait with __WALL */
	bool is_orphan;
	/* to be reaped; 0: none */
	long pid;
	/* one waiting request at a time */
	struct rt_lock asking;
	struct run_request wanted;
	struct graph_asker asker;
	char wanted_label[HELPER_MAX_LABEL];
	/* The program's end of the socket pair, and what it looked like: the program may close it
	 * and open another. */
	int wake_send_fd;
	dev_t wake_send_device;
	ino_t wake_send_inode;
	char *stack;
	/* the helper's own */
	/* socket pair, `silt snap`, pidfd; -1: none */
	int wake_recv_fd, control_fd, program_fd;
	/* when the next interval ends */
	uint64_t next_ns;
	struct helper_client clients[HELPER_MAX_CLIENTS];
};
extern struct helper_state helper RT_HIDDEN;

/* helper.c: the state's letter in /proc/PID/stat; 0: it cannot be read. */
char helper_process_state(long pid);

/* helper_main.c: the process itself. */
__attribute__((noreturn)) int helper_main(void *unused);
/* Lets the program ask its allocator for its figures, which only its own threads may. */
void helper_read_heap(void);
/* Bounds what the helper does next: the kernel kills it after that. 0: no bound. */
void helper_limit(uint64_t ns);
/* The most a snapshot may take. */
uint64_t helper_snapshot_limit(bool graph);

/* helper_control.c: a socket named `control` in the run directory, or -1. */
int helper_open_control(void);
bool helper_has_room(void);
/* Accepts a connection, as far as there is room. */
void helper_accept(void);
/* Reads what a client has sent; answers a request that is whole. */
void helper_serve(struct helper_client *client);
/* Ends the connections whose time is up; when the next one's is, 0: none. */
uint64_t helper_end_late_clients(void);

#endif
