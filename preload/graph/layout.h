/*
 * The layout of the C library's thread records: offsets in them, and the lists they are on.
 * Path: cold. Threads: graph_layout_learn() in the constructor; the twin reads. Memory: static.
 * Must not: use what the C library says without checking that it is plausible.
 */
#ifndef SILT_GRAPH_LAYOUT_H
#define SILT_GRAPH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph_layout {
	/* Thread-local variables of modules can be found: dtv, modid and (glibc) tls_offset are
	 * set. */
	bool has_variables;
	/* All other fields but `cache` and musl's are set. */
	bool has_threads;
	/* bytes of a thread's record; without has_threads: what is certain to be there */
	uint32_t control_size;
	/* offsets in the record */
	uint32_t tid, list, start_routine, specific, dtv;
	/* offsets in struct link_map */
	uint32_t modid, tls_offset;
	/* addresses of the heads of the lists of threads; 0: none */
	uintptr_t used, user;
	/* head of the list of stacks kept for new threads; 0: unknown */
	uintptr_t cache;
	/* musl, else 0: offsets in the record of the pointer to the next record, of the pointer to
	 * the values of pthread_setspecific(), of the end of the stack */
	uint32_t next, values, stack_end;
	/* bytes of these values */
	size_t values_size;
	/* bytes of static thread-local storage, next to the thread pointer */
	size_t static_size;
};

extern struct graph_layout graph_layout;

/* Fills graph_layout: asks the C library, reads its file, or searches records with known contents.
 * Only from the constructor. */
void graph_layout_learn(void);

#endif
