/*
 * What the program says about its memory: further roots, pointers that do not own, pools and their
 * pieces.
 * Path: warm (the pieces of pools), else cold. Threads: all, under locks; reading without them
 * where it says so. Memory: own pages: about 60 bytes a piece, 50 a slot.
 * Must not: touch the memory it is told about, call the allocator, count anything.
 */
#ifndef SILT_ANNOTATIONS_H
#define SILT_ANNOTATIONS_H

#include <stdbool.h>
#include <stdint.h>

/* -- roots -- */

/* [start, start + size) holds pointers that keep blocks alive. Counted: it takes as many removals.
 * False: no memory. */
bool annotations_root_add(uintptr_t start, uint64_t size);
/* False: there is no such region. */
bool annotations_root_remove(uintptr_t start, uint64_t size);

/* -- weak slots -- */

/* The pointer stored at `slot` does not own what it points to. Within a block this lasts as long
 * as the block, within a piece of a pool as long as the piece, elsewhere for good. False: no
 * memory. */
bool annotations_weak(uintptr_t slot);

/* -- pools -- */

/* A piece of memory that a pool handed out: a block of its own, in memory that somebody else
 * allocated. */
struct annotations_piece {
	uintptr_t address;
	uint64_t size;
	uint32_t site, generation;
	uintptr_t pool;
	uint32_t ignored;
};

/* 0, EEXIST or ENOMEM. `pool` is any address that names it. */
int annotations_pool_add(uintptr_t pool);
bool annotations_pool_known(uintptr_t pool);
/* 0, ENOENT, or EBUSY: it has pieces. */
int annotations_pool_remove(uintptr_t pool);
/* piece->pool hands out a piece; 0, ENOENT (no such pool) or ENOMEM. A piece that began there
 * before ends: `replaced` is that one, or has site 0. */
int annotations_piece_add(const struct annotations_piece *piece,
			  struct annotations_piece *replaced);
/* The piece ends; false: the pool has none there. */
bool annotations_piece_take(uintptr_t pool, uintptr_t address, struct annotations_piece *piece);
/* Ends up to `max` pieces of the pool; how many. */
uint32_t annotations_pool_take(uintptr_t pool, struct annotations_piece *pieces, uint32_t max);
/* The piece that begins at `address`. */
bool annotations_piece_get(uintptr_t address, struct annotations_piece *piece);
/* Sets the flag of the piece that `address` lies in: looks at all of them, unless it begins
 * there. */
bool annotations_piece_ignore(uintptr_t address, bool interior);
/* Forgets all pieces; the pools stay, and all else. */
void annotations_clear(void);

/* -- reading, without a lock, at any moment -- */

/* Calls `visit` for each region, and for each piece that is handed out. */
void annotations_each_root(void (*visit)(void *argument, uintptr_t start, uint64_t size),
			   void *argument);
void annotations_each_piece(void (*visit)(void *argument, const struct annotations_piece *piece),
			    void *argument);
uint32_t annotations_piece_count(void);
/* An upper bound: of some the block may be gone. */
uint32_t annotations_weak_count(void);
/* Only where nothing changes meanwhile: in a process of one thread, or between
 * annotations_before_fork() and annotations_after_fork(). */
bool annotations_is_weak(uintptr_t slot);

/* While a copy of the process is made nothing changes: between the two the lock is held. */
void annotations_before_fork(void);
void annotations_after_fork(void);
/* Pools: before all other locks. False: a thread stays in one of these calls. */
void annotations_pools_before_fork(void);
bool annotations_pools_before_copy(void);
void annotations_pools_after_fork(void);

/* -- between annotations.c and annotations/pools.c -- */

/* A piece ended, and with it the weak slots in it. */
void annotations_forget_weak(uintptr_t start, uint64_t size);

#endif
