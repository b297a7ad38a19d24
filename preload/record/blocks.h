/*
 * Every live block: address -> size, site, generation, and whether the program told us to overlook it.
 * Path: hot. Threads: all, without a lock: a slot is written only by the thread that just got the block or is
 * about to give it back. Memory: 8 bytes per 32 bytes of heap that was ever used (pages never touched cost
 * nothing); of address space 256 KiB per MiB of heap, 128 KiB per 8 GiB it is spread over, and 128 KiB.
 * Little is reserved beyond what is used, because limits (RLIMIT_AS) and mlockall() count it.
 * Must not: touch the block itself.
 *
 * A shadow in three levels: address >> 33 selects a branch, (address >> 20) a leaf of it, (address >> 5) its slot. glibc's blocks start at
 * least 32 bytes apart, so a slot belongs to one block; under other allocators track.c asks for at least
 * BLOCKS_MIN_REQUEST bytes, whose size classes are as far apart.
 */
#ifndef SILT_BLOCKS_H
#define SILT_BLOCKS_H

#include "base/arch.h"
#include "base/rt.h"

#define BLOCKS_MIN_REQUEST 25ul
#define BLOCKS_SITE_BITS 20u
#define BLOCKS_GENERATION_BITS 20u
#define BLOCKS_GENERATION_MAX ((1u << BLOCKS_GENERATION_BITS) - 1)

struct block {
	uint64_t size;
	uint32_t site;
	uint32_t generation;
	uint32_t ignored; /* 1: neither reported as lost nor held against anybody, nor what it reaches */
	uint32_t marked;  /* 1: where it is freed is of interest (frees.h); also of a large one */
};

bool blocks_start(void);
/* The block at `address` begins to live. False: no memory for its slot. */
static RT_HOT bool blocks_put(const void *address, struct block block);
/* The block ends; false: none is known to begin there. */
static RT_HOT bool blocks_take(const void *address, struct block *block);
static inline bool blocks_get(const void *address, struct block *block);
/* Sets the flag of the live block that begins at `address`; false: none does. */
bool blocks_ignore(const void *address);
/* The live block that `address` lies in, if it begins at most 64 MiB below. */
bool blocks_enclosing(const void *address, uintptr_t *start, struct block *block);
/* Calls `visit` for every live block, while others come and go. */
void blocks_scan(void (*visit)(void *argument, uintptr_t address, struct block block), void *argument);
/* Does a live block begin between these addresses? By whoever may scan. */
bool blocks_any(uintptr_t start, uintptr_t end);
/* The spans of 64 MiB in which there are leaves: address >> BLOCKS_SPAN_SHIFT of each, in no order; UINT32_MAX: just being made. */
uint32_t blocks_span_count(void);
uint32_t blocks_span_number(uint32_t i);
/* While a copy of the process is made nobody adds a leaf. */
void blocks_before_fork(void);
void blocks_after_fork(void);
/* Forgets all blocks. */
void blocks_clear(void);

/* -- the hot path -- */

/* A slot: bit 0 set: a block begins here; bit 1: bit 4 of its address; then site, size, marked, ignored,
 * generation. A size that does not fit is all ones, marked, and the next slot, which such a large block covers too,
 * holds it shifted left by one. So one test tells whether a free is an ordinary one. */
#define BLOCKS_SIZE_BITS (60u - BLOCKS_SITE_BITS - BLOCKS_GENERATION_BITS)
#define BLOCKS_MARKED_SHIFT (2u + BLOCKS_SITE_BITS + BLOCKS_SIZE_BITS)
#define BLOCKS_IGNORED_SHIFT (BLOCKS_MARKED_SHIFT + 1)
#define BLOCKS_SIZE_MAX ((1ul << BLOCKS_SIZE_BITS) - 1)
#define BLOCKS_LEAF_SHIFT 20u
#define BLOCKS_LEAF_SLOTS (1ul << (BLOCKS_LEAF_SHIFT - 5))
#define BLOCKS_SPAN_SHIFT 26u
#define BLOCKS_SPAN_LEAVES (1ul << (BLOCKS_SPAN_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_BRANCH_SHIFT 33u
#define BLOCKS_BRANCH_LEAVES (1ul << (BLOCKS_BRANCH_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_ADDRESS_BITS ARCH_ADDRESS_BITS

typedef _Atomic uint64_t blocks_slot;
typedef blocks_slot *_Atomic blocks_leaf;
struct blocks_branch {
	blocks_leaf leaves[BLOCKS_BRANCH_LEAVES];
	_Atomic uint64_t charged[BLOCKS_BRANCH_LEAVES]; /* a bit for each page of a leaf, see charge_page() */
};
extern RT_HIDDEN struct blocks_branch *_Atomic *blocks_root;

blocks_slot *blocks_add_leaf(uintptr_t address);

/* Where the pointer to an address's leaf is kept, and those of the leaves after it in its branch; NULL: in none. */
static inline blocks_leaf *blocks_leaf_of(uintptr_t address)
{
	struct blocks_branch *branch =
		atomic_load_explicit(&blocks_root[address >> BLOCKS_BRANCH_SHIFT], memory_order_acquire);

	return likely(branch) ? &branch->leaves[address >> BLOCKS_LEAF_SHIFT & (BLOCKS_BRANCH_LEAVES - 1)]
			      : NULL;
}

static inline blocks_slot *blocks_slot_of(uintptr_t address, bool add)
{
	blocks_slot *leaf;
	blocks_leaf *entry;

	address = arch_untag(address);
	if (unlikely(address >> BLOCKS_ADDRESS_BITS))
		return NULL;
	entry = blocks_leaf_of(address);
	leaf = entry ? atomic_load_explicit(entry, memory_order_acquire) : NULL;
	if (unlikely(!leaf)) {
		if (!add || !(leaf = blocks_add_leaf(address)))
			return NULL;
	}
	return &leaf[(address >> 5) & (BLOCKS_LEAF_SLOTS - 1)];
}

/* Cold: the first block in its leaf, a large one, or within SILT_MEMORY. */
bool blocks_put_slowly(uintptr_t address, struct block block);
/* Cold: a large block ends: its size, which is taken from the slot after its own. */
uint64_t blocks_take_size(uintptr_t address);

/* What all blocks of a generation have in common. */
static inline uint64_t blocks_pack_generation(uint32_t generation)
{
	return 1 | (uint64_t)generation << (64 - BLOCKS_GENERATION_BITS);
}

/* A block that is not ignored, of less than BLOCKS_SIZE_MAX. */
static RT_HOT uint64_t blocks_pack_plain(uintptr_t address, uint64_t size, uint32_t site, uint64_t generation)
{
	return generation | (address >> 4 & 1) << 1 | (uint64_t)site << 2 | size << (2 + BLOCKS_SITE_BITS);
}

static inline uint64_t blocks_pack(uintptr_t address, struct block block)
{
	uint64_t size = block.size < BLOCKS_SIZE_MAX ? block.size : BLOCKS_SIZE_MAX;
	uint64_t marked = block.marked || size == BLOCKS_SIZE_MAX;

	return blocks_pack_plain(address, size, block.site, blocks_pack_generation(block.generation)) |
	       marked << BLOCKS_MARKED_SHIFT | (uint64_t)block.ignored << BLOCKS_IGNORED_SHIFT;
}

static RT_HOT bool blocks_put(const void *pointer, struct block block)
{
	uintptr_t address = (uintptr_t)pointer;
	blocks_slot *slot = blocks_slot_of(address, false);

	if (unlikely(!slot || block.size >= BLOCKS_SIZE_MAX || rt_memory_limit != UINT64_MAX))
		return blocks_put_slowly(address, block);
	atomic_store_explicit(slot, blocks_pack(address, block), memory_order_release);
	return true;
}

/* All but the size of a large block. */
static inline bool blocks_unpack(uintptr_t address, uint64_t word, struct block *block)
{
	if ((word & 3) != (1 | (address >> 4 & 1) << 1) || (address & 15) != 0)
		return false; /* none, or the address of something within a block */
	block->site = word >> 2 & ((1u << BLOCKS_SITE_BITS) - 1);
	block->size = word >> (2 + BLOCKS_SITE_BITS) & BLOCKS_SIZE_MAX;
	block->marked = word >> BLOCKS_MARKED_SHIFT & 1;
	block->ignored = word >> BLOCKS_IGNORED_SHIFT & 1;
	block->generation = (uint32_t)(word >> (64 - BLOCKS_GENERATION_BITS));
	return true;
}

static inline bool blocks_read(uintptr_t address, uint64_t word, struct block *block)
{
	if (!blocks_unpack(address, word, block))
		return false;
	if (unlikely(block->size == BLOCKS_SIZE_MAX)) {
		blocks_slot *next = blocks_slot_of(address + 32, false);

		block->size = next ? atomic_load_explicit(next, memory_order_relaxed) >> 1 : 0;
	}
	return true;
}

static inline bool blocks_get(const void *pointer, struct block *block)
{
	blocks_slot *slot = blocks_slot_of((uintptr_t)pointer, false);

	return slot &&
	       blocks_read((uintptr_t)pointer, atomic_load_explicit(slot, memory_order_acquire), block);
}

/* Was no block recorded that begins at or near this address? With sampling that is so of nearly all. */
static inline bool blocks_none(const void *pointer)
{
	const blocks_slot *slot = blocks_slot_of((uintptr_t)pointer, false);

	return !slot || atomic_load_explicit(slot, memory_order_relaxed) == 0;
}

static RT_HOT bool blocks_take(const void *pointer, struct block *block)
{
	uintptr_t address = (uintptr_t)pointer;
	blocks_slot *slot = blocks_slot_of(address, false);

	if (unlikely(!slot ||
		     !blocks_unpack(address, atomic_load_explicit(slot, memory_order_relaxed), block)))
		return false;
	atomic_store_explicit(slot, 0, memory_order_relaxed);
	if (unlikely(block->size == BLOCKS_SIZE_MAX))
		block->size = blocks_take_size(address);
	return true;
}

#endif
