/*
 * Where blocks are freed: of some blocks of each call site the call stack that freed them, so that
 * a report can say where the blocks that stay should have gone.
 * Path: cold; the common path of a free does not know of it. Threads: all; a lock only for a call
 * stack that is new to a site. Memory: own pages; 8 bytes a site, 32 a site and call stack, of
 * which a site keeps at most FREES_STACKS.
 * Must not: be called while a traceback is being captured.
 *
 * A block is marked in its slot (blocks.h) when it is allocated: the first FREES_FIRST of a site
 * and then one in about 64, by chance. A marked block's free goes the slow way, as a large one's
 * does. There of the first FREES_OFTEN of a site each call stack is taken, of later ones ever
 * fewer, by chance: each stands for the more blocks the fewer are taken. So a site costs some dozen
 * walks however often its blocks come and go.
 */
#ifndef SILT_FREES_H
#define SILT_FREES_H

#include <stdatomic.h>
#include <stdint.h>

#define FREES_FIRST 1u
#define FREES_OFTEN 8u
#define FREES_STACKS 16u

/* How blocks of a site end at a call stack. */
struct frees_record {
	/* both as in sites.h */
	uint32_t site, stack;
	/* enum silt_freed */
	uint32_t how;
	/* of the same site; 0: none */
	uint32_t next;
	_Atomic uint32_t samples;
	/* blocks they stand for, in 1/FREES_OFTEN, of those that were marked */
	_Atomic uint64_t weight;
};

/* A marked block of a site is freed: the weight with which its call stack is to be taken; 0: it
 * is not. */
uint32_t frees_choose(uint32_t site, uint64_t *random);
void frees_add(uint32_t site, uint32_t stack, uint32_t how, uint32_t weight);

/* The first record of a site; NULL: none. */
const struct frees_record *frees_of(uint32_t site);
const struct frees_record *frees_next(const struct frees_record *record);
/* Begins to count anew. */
void frees_clear(void);

/* Between the two the lock is held. */
void frees_before_fork(void);
void frees_after_fork(void);

#endif
