/*
 * What of a thread is different under musl: its record, where its start function is, and how a
 * thread is found that has ended and was not joined: musl has no list of those (threads_musl.c).
 * Path: cold. Threads: the twin; layout.c uses the offsets in the constructor. Memory: the twin's.
 */
#ifndef SILT_GRAPH_THREADS_MUSL_H
#define SILT_GRAPH_THREADS_MUSL_H

#include <stddef.h>
#include <stdint.h>

struct graph;
struct graph_thread;

/* struct pthread of musl 1.2 where the record lies above the variables (x86-64), as far as it is
 * used here. */
struct musl_thread {
	struct musl_thread *self;
	uintptr_t *dtv;
	struct musl_thread *prev, *next;
	uintptr_t sysinfo, canary;
	/* 0: it has ended */
	int tid, error;
	/* 0: it has ended and waits for pthread_join() */
	int detach_state, cancel;
	unsigned char flags[8];
	/* the thread's mapping: its stack, its variables, this record, then `values` */
	uintptr_t map_base;
	size_t map_size;
	/* the end of the stack */
	uintptr_t stack;
	size_t stack_size, guard_size;
	void *result, *cleanups;
	/* of pthread_setspecific() */
	void **values;
};

#define MUSL_RECORD 200u /* bytes of the whole record */
#define MUSL_KEYS 128u	 /* PTHREAD_KEYS_MAX */

/* Adds the threads that have ended and were not joined, after the live ones. */
void graph_musl_find_ended(struct graph *graph);
/* The function given to pthread_create(), of a thread whose `control` is known; 0: unknown. */
uintptr_t graph_musl_start(const struct graph *graph, const struct graph_thread *thread);

#endif
