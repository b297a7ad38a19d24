/*
 * Call stacks that free blocks: of some blocks of each call site, so that a report can say where
 * the remaining blocks should have been freed.
 * Path: cold; the fast path of free() does not use it. Threads: all; a lock only for a call stack
 * that is new to a site. Memory: own pages: 8 bytes a site, 32 a site and call stack, of which a
 * site keeps at most FREES_STACKS.
 * Must not: be called while a traceback is being captured.
 *
 * A block is marked in its slot (blocks.h) when it is allocated: the first FREES_FIRST of a site,
 * then one in about 64, at random. The free of a marked block takes the slow path, as that of a
 * large block does. There the call stacks of the first FREES_OFTEN marked blocks of a site are
 * recorded, and later ever fewer, at random: each then stands for more blocks. So a site costs a
 * few dozen walks, however many of its blocks come and go.
 */
#ifndef SILT_FREES_H
#define SILT_FREES_H

#include <stdatomic.h>
#include <stdint.h>

#define FREES_FIRST 1u
#define FREES_OFTEN 8u
#define FREES_STACKS 16u

/* A call stack that frees blocks of a site. */
struct frees_record {
	/* both as in sites.h */
	uint32_t site, stack;
	/* enum silt_freed */
	uint32_t how;
	/* the next record of the same site; 0: none */
	uint32_t next;
	_Atomic uint32_t samples;
	/* marked blocks that they stand for, in units of 1/FREES_OFTEN */
	_Atomic uint64_t weight;
};

/* Called when a marked block of a site is freed. Returns the weight with which to record the call
 * stack; 0: it is not to be recorded. */
uint32_t frees_choose(uint32_t site, uint64_t *random);
/* Records the call stack `stack` (a site of sites.h) of a free. `how`: enum silt_freed. */
void frees_add(uint32_t site, uint32_t stack, uint32_t how, uint32_t weight);

/* The first record of a site; NULL: none. */
const struct frees_record *frees_of(uint32_t site);
const struct frees_record *frees_next(const struct frees_record *record);
/* Starts counting anew. */
void frees_clear(void);

/* Take and release the lock around a copy of the process. */
void frees_before_fork(void);
void frees_after_fork(void);

#endif
