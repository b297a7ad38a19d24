/*
 * What the program maps itself: of each live mapping the call stack that made it, so that a report
 * can say who maps what grows outside malloc's heap.
 * Path: warm; malloc does not know of it. Threads: all, without a lock but for what is new: a slot
 * is written only by the thread that was just given the memory or is about to give it back. Memory:
 * own pages; 8 bytes for each page of memory near a mapping, 48 a call stack.
 * Must not: touch the mappings themselves, change errno.
 *
 * A table in three levels: address >> 33 selects a branch, (address >> 21) a leaf of it, (address
 * >> 12) its slot. A slot holds the pages and the call stack of the mapping that begins there.
 * Mappings do not overlap: so an address belongs to the last one that begins at or before it, or to
 * none.
 */
#ifndef SILT_MAPPED_H
#define SILT_MAPPED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a call stack maps. */
struct mapped_site {
	/* as in sites.h */
	uint32_t site;
	/* enum silt_mapped */
	_Atomic uint32_t kinds;
	_Atomic uint64_t total, total_bytes;
	/* Read a moment apart from what others do, a mapping can be seen to go before it is
	 * seen to come. */
	_Atomic int64_t live, live_bytes;
	/* the snapshot writer's */
	uint32_t looked_at;
};

/* [start, start + size) was mapped from `site`, over whatever was there. `kind`: enum
 * silt_mapped. */
void mapped_add(uintptr_t start, uint64_t size, uint32_t site, uint32_t kind);

/* A slot: the site, and above it the number of pages; 0: no mapping begins there. */
#define MAPPED_SITE_BITS 20u

/* A mapping as it was on the books. */
struct mapped_piece {
	uintptr_t start;
	uint64_t slot;
};
#define MAPPED_PIECES 4u
/* What mapped_cut() changed, to be undone if the system call fails. */
struct mapped_cut {
	/* of changed mappings */
	uint32_t count;
	/* of the last one that lies in the range as a whole; 0: none does */
	uint32_t site;
	/* where a mapping of its own begins now; 0: nowhere */
	uintptr_t rest;
	/* the first of them, as they were */
	struct mapped_piece of[MAPPED_PIECES];
};
/* [start, start + size) is about to be unmapped. */
void mapped_cut(uintptr_t start, uint64_t size, struct mapped_cut *cut);
/* Who made that mapping. */
static inline uint32_t mapped_piece_site(const struct mapped_piece *piece)
{
	return piece->slot & ((1u << MAPPED_SITE_BITS) - 1);
}
/* It was not. */
void mapped_restore(const struct mapped_cut *cut);

/* The call stacks, from 1 on. */
uint32_t mapped_count(void);
struct mapped_site *mapped_get(uint32_t number);
/* The next live mapping at `*at` or above: where it begins (*at), its size and its record.
 * False: there is none. */
bool mapped_next(uintptr_t *at, uint64_t *size, struct mapped_site **record);
/* The record of the mapping that the address lies in; NULL: it lies in none. */
struct mapped_site *mapped_holding(uintptr_t address);
/* Forgets all mappings and counts. */
void mapped_clear(void);

/* Between the two the lock is held. */
void mapped_before_fork(void);
void mapped_after_fork(void);

#endif
