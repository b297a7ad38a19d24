/*
 * What the program maps itself: for each live mapping the call stack that made it, so that a report
 * can say who maps memory that grows outside malloc's heap.
 * Path: warm; malloc does not use it. Threads: all, with a lock only for what is new: a slot is
 * written only by the thread that was just given the memory or is about to unmap it. Memory: own
 * pages: 8 bytes for each page of memory near a mapping, 48 a call stack.
 * Must not: touch the mappings themselves, change errno.
 *
 * A table in three levels: address >> 33 selects a branch, (address >> 21) a leaf of it, (address
 * >> 12) its slot. A slot has the size in pages and the call stack of the mapping that begins
 * there. Mappings do not overlap, so an address is in the last one that begins at or before it, or
 * in none.
 */
#ifndef SILT_MAPPED_H
#define SILT_MAPPED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A call stack that maps memory. */
struct mapped_site {
	/* as in sites.h */
	uint32_t site;
	/* enum silt_mapped */
	_Atomic uint32_t kinds;
	_Atomic uint64_t total, total_bytes;
	/* Signed: read while others change them, a mapping may be seen to end before it is seen to
	 * begin. */
	_Atomic int64_t live, live_bytes;
	/* for snapshot/mappings.c: mappings searched for blocks */
	uint32_t looked_at;
};

/* Records that `site` mapped [start, start + size), replacing whatever was there. `kind`: enum
 * silt_mapped. */
void mapped_add(uintptr_t start, uint64_t size, uint32_t site, uint32_t kind);

/* A slot: the site, and above it the number of pages; 0: no mapping begins there. */
#define MAPPED_SITE_BITS 20u

/* A recorded mapping. */
struct mapped_piece {
	uintptr_t start;
	uint64_t slot;
};
#define MAPPED_PIECES 4u
/* What mapped_cut() has changed, to be undone if the system call fails. */
struct mapped_cut {
	/* number of mappings changed */
	uint32_t count;
	/* of the last mapping that is wholly in the range; 0: none is */
	uint32_t site;
	/* where the rest of a mapping now begins as a mapping of its own; 0: nowhere */
	uintptr_t rest;
	/* the first changed mappings as they were before */
	struct mapped_piece of[MAPPED_PIECES];
};
/* Records that [start, start + size) is about to be unmapped. */
void mapped_cut(uintptr_t start, uint64_t size, struct mapped_cut *cut);
/* The call stack that made the mapping. */
static inline uint32_t mapped_piece_site(const struct mapped_piece *piece)
{
	return piece->slot & ((1u << MAPPED_SITE_BITS) - 1);
}
/* Undoes mapped_cut(): the memory was not unmapped. */
void mapped_restore(const struct mapped_cut *cut);

/* The call stacks, numbered from 1. */
uint32_t mapped_count(void);
struct mapped_site *mapped_get(uint32_t number);
/* Finds the first live mapping at or above *at: sets *at to its start, and its size and record.
 * False: there is none. */
bool mapped_next(uintptr_t *at, uint64_t *size, struct mapped_site **record);
/* The record of the mapping that contains the address; NULL: none. */
struct mapped_site *mapped_enclosing(uintptr_t address);
/* Forgets all mappings and counts. */
void mapped_clear(void);

/* Take and release the lock around a copy of the process. */
void mapped_before_fork(void);
void mapped_after_fork(void);

#endif
