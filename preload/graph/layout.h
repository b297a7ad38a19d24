/*
 * Where the C library keeps what of a thread: offsets in its records, and the lists of those.
 * Path: cold. Threads: graph_layout_learn() in the constructor; the twin reads. Memory: static.
 * Must not: hold true what the C library says without looking whether it can be.
 */
#ifndef SILT_GRAPH_LAYOUT_H
#define SILT_GRAPH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph_layout {
	/* Where the variables of modules are, from the record: all of dtv, modid, tls_offset. */
	bool has_variables;
	/* What is in the record, and which records there are: all but `cache`. */
	bool has_threads;
	/* of a record; of those that have no has_threads: as much as is sure to be there */
	uint32_t control_size;
	uint32_t tid, list, start_routine, specific, dtv;
	/* in struct link_map */
	uint32_t modid, tls_offset;
	/* heads of the lists of threads; 0: there is none */
	uintptr_t used, user;
	/* and of stacks kept for threads to come; 0: nobody knows */
	uintptr_t cache;
	/* musl: the record of the next thread, in a ring; what pthread_setspecific() keeps; the end
	 * of the stack; 0: not musl's */
	uint32_t next, values, stack_end;
	size_t values_size;
	/* of static thread-local storage, next to the thread pointer */
	size_t static_size;
};

extern struct graph_layout graph_layout;

/* Asks the C library; what it does not tell is read from its file, or learned from records whose
 * contents are known. In the constructor. */
void graph_layout_learn(void);

#endif
