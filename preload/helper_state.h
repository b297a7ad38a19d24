/*
 * What the files of the helper process share (helper.c, helper_start.c, helper_main.c, helper_control.c).
 * Called by those only. Path: cold. Threads: the program's and the helper. Memory: static.
 * Must not: be trusted by the helper: the program can write to all of it.
 */
#ifndef SILT_HELPER_STATE_H
#define SILT_HELPER_STATE_H

#include <sys/types.h>

#include "graph.h"
#include "helper.h"

#define HELPER_STACK_SIZE (128ul << 10)
#define HELPER_MAX_LABEL 256u

struct helper_state {
	_Atomic uint32_t tid;	  /* the kernel clears it when the helper is gone */
	_Atomic uint32_t pending; /* bit TRIGGER: asked for */
	_Atomic uint32_t done;	  /* waited-for snapshots written */
	_Atomic uint32_t listens; /* or cannot */
	_Atomic bool last_written;
	/* By an abort() that a handler may jump out of: nothing is left to say if no more comes. */
	_Atomic bool aborting;
	int64_t live_at_abort;
	bool confined; /* how the program ends is not known then */
	bool started;
	struct rt_lock asking; /* one waiting request at a time */
	struct run_request wanted;
	struct graph_asker asker;
	char wanted_label[HELPER_MAX_LABEL];
	/* the program's end of the socket pair, and what it looked like: the program may close it and open
	 * another */
	int bell;
	dev_t bell_device;
	ino_t bell_inode;
	char *stack;
	/* the helper's own */
	int ear, control, program; /* socket pair, `silt snap`, pidfd; -1: none */
	uint64_t next_ns;	   /* when the next interval ends */
};
extern struct helper_state helper RT_HIDDEN;

/* helper_main.c: the process itself. */
__attribute__((noreturn)) int helper_main(void *unused);
/* Lets the program ask its allocator for its figures, which only its own threads may. */
void helper_read_heap(void);

/* helper_control.c: a socket named `control` in the run directory, or -1. */
int helper_open_control(void);
/* Answers one request. */
void helper_serve(void);

#endif
