/*
 * What the program tells about its memory: further roots, weak pointers, pools and their pieces.
 * Path: warm (pieces of pools), else cold. Threads: all, under locks; functions that read without a
 * lock say so. Memory: own pages: about 60 bytes a piece, 50 a slot.
 * Must not: touch the memory it is told about, call the allocator, count blocks.
 */
#ifndef SILT_ANNOTATIONS_H
#define SILT_ANNOTATIONS_H

#include <stdbool.h>
#include <stdint.h>

/* -- roots -- */

/* [start, start + size) holds pointers that keep blocks alive. A region added n times must be
 * removed n times. False: no memory. */
bool annotations_root_add(uintptr_t start, uint64_t size);
/* False: no such region was added. */
bool annotations_root_remove(uintptr_t start, uint64_t size);

/* -- weak slots -- */

/* Declares the pointer stored at `slot` weak: it does not own what it points to. Ends with the
 * block or piece of a pool that contains the slot; elsewhere it never ends. False: no memory. */
bool annotations_weak_add(uintptr_t slot);

/* -- pools -- */

/* A piece of memory that a pool handed out: recorded as a block, within memory allocated by
 * somebody else. */
struct annotations_piece {
	uintptr_t address;
	uint64_t size;
	uint32_t site, generation;
	uintptr_t pool;
	/* 1: excused, see struct block */
	uint32_t ignored;
};

/* Adds a pool, named by any address. Returns 0, EEXIST or ENOMEM. */
int annotations_pool_add(uintptr_t pool);
/* True if the pool was added, and not removed. */
bool annotations_pool_known(uintptr_t pool);
/* Removes a pool. Returns 0, ENOENT, or EBUSY: it has pieces. */
int annotations_pool_remove(uintptr_t pool);
/* Adds a piece to piece->pool. A piece that began at the same address ends: *replaced is that
 * piece, or has site 0. Returns 0, ENOENT (no such pool) or ENOMEM. */
int annotations_piece_add(const struct annotations_piece *piece,
			  struct annotations_piece *replaced);
/* Removes the pool's piece that begins at the address, and returns it in *piece. False: none
 * does. */
bool annotations_piece_take(uintptr_t pool, uintptr_t address, struct annotations_piece *piece);
/* Removes up to `max` pieces of the pool, and returns them in `pieces`. Returns their number. */
uint32_t annotations_pool_take(uintptr_t pool, struct annotations_piece *pieces, uint32_t max);
/* The piece that begins at the address. False: none does. */
bool annotations_piece_get(uintptr_t address, struct annotations_piece *piece);
/* Sets `ignored` of the piece that begins at the address, or, with `interior`, that contains it,
 * which searches all pieces. False: there is none. */
bool annotations_piece_ignore(uintptr_t address, bool interior);
/* Removes all pieces; pools, roots and other weak slots stay. */
void annotations_clear(void);

/* -- reading, without a lock, at any time -- */

/* Calls `visit` for each region, and for each piece. One that is added or removed meanwhile may be
 * left out. */
void annotations_each_root(void (*visit)(void *argument, uintptr_t start, uint64_t size),
			   void *argument);
void annotations_each_piece(void (*visit)(void *argument, const struct annotations_piece *piece),
			    void *argument);
uint32_t annotations_piece_count(void);
/* An upper bound: the blocks of some slots may have ended. */
uint32_t annotations_weak_count(void);
/* True if the slot was declared weak. Only where nothing changes meanwhile: in a process of one
 * thread, or between annotations_before_fork() and annotations_after_fork(). */
bool annotations_is_weak(uintptr_t slot);

/* Takes and releases the lock of roots and weak slots while the process is copied. */
void annotations_before_fork(void);
void annotations_after_fork(void);
/* The same for the lock of pools, which comes before all other locks.
 * annotations_pools_before_copy() waits for a second at most, and returns false if a thread still
 * holds the lock. */
void annotations_pools_before_fork(void);
bool annotations_pools_before_copy(void);
void annotations_pools_after_fork(void);

/* -- between annotations.c and annotations/pools.c -- */

/* Removes the weak slots in a piece that ends. */
void annotations_forget_weak(uintptr_t start, uint64_t size);

#endif
