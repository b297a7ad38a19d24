/*
 * Every live block: address -> size, site, generation, and whether the program told us to overlook
 * it.
 * Path: hot. Threads: all, without a lock: a slot is written only by the thread that just got the
 * block or is about to give it back. Memory: 4 bytes per 32 bytes of heap that was ever used, 8
 * where blocks are smaller than 64 bytes (pages never touched cost nothing); of address space 260
 * KiB per MiB of heap, 128 KiB per 8 GiB it is spread over, and 128 KiB. Little is reserved beyond
 * what is used, because limits (RLIMIT_AS) and mlockall() count it.
 * Must not: touch the block itself.
 *
 * A shadow in three levels: address >> 33 selects a branch, (address >> 20) a leaf of it, (address
 * >> 5) its slot. glibc's blocks start at least 32 bytes apart, so a slot belongs to one block;
 * under other allocators track.c asks for at least BLOCKS_MIN_REQUEST bytes, whose size classes are
 * as far apart.
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
	/* 1: neither reported as lost nor held against anybody, nor what it reaches */
	uint32_t ignored;
	/* 1: where it is freed is of interest (frees.h); also of a large one */
	uint32_t marked;
};

/* False: no memory for the shadow's top level. Before all others. */
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
void blocks_scan(void (*visit)(void *argument, uintptr_t address, struct block block),
		 void *argument);
/* Does a live block begin between these addresses? By whoever may scan. */
bool blocks_any(uintptr_t start, uintptr_t end);
/* The spans of 64 MiB in which there are leaves: address >> BLOCKS_SPAN_SHIFT of each, in no
 * order; UINT32_MAX: just being made. */
uint32_t blocks_span_count(void);
uint32_t blocks_span_number(uint32_t i);
/* While a copy of the process is made nobody adds a leaf. */
void blocks_before_fork(void);
void blocks_after_fork(void);
/* Forgets all blocks. */
void blocks_clear(void);

/* -- the hot path -- */

/*
 * A slot is a word of 32 bits: bit 0 set: a block begins here; bit 1: bit 4 of its address; site;
 * whether it is marked, ignored, roomy; the low bits of its size. What a free needs of a small
 * block is here, in one word.
 *
 * The rest, the generation and the high bits of the size, is a second word. Of a roomy block it is
 * the next slot: the block covers all of the 32 bytes which that stands for, so none begins there.
 * Of a small one it is in a part of the leaf that is touched only where there are such. A size that
 * does not fit has all high bits set, and is in the two slots after that. Bit 0 of whatever is no
 * slot is clear. The second word is written before the first: who scans while others come and go
 * takes the second of a later block for none, for it is 0 or has bit 0 set, and may miss a block
 * that ends, no more.
 */
#define BLOCKS_MARKED (1u << 22)
#define BLOCKS_IGNORED (1u << 23)
#define BLOCKS_LOW_SHIFT 24u
#define BLOCKS_LOW_BITS 7u
#define BLOCKS_ROOMY (1u << 31)
#define BLOCKS_ROOMY_SIZE 64ul
#define BLOCKS_GENERATION_SHIFT (32 - BLOCKS_GENERATION_BITS)
#define BLOCKS_HIGH_MAX ((1ul << (BLOCKS_GENERATION_SHIFT - 1)) - 1)
#define BLOCKS_SIZE_MAX (BLOCKS_HIGH_MAX << BLOCKS_LOW_BITS) /* that and more is large */
#define BLOCKS_LEAF_SHIFT 20u
#define BLOCKS_LEAF_SLOTS (1ul << (BLOCKS_LEAF_SHIFT - 5))
#define BLOCKS_SPAN_SHIFT 26u
#define BLOCKS_SPAN_LEAVES (1ul << (BLOCKS_SPAN_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_BRANCH_SHIFT 33u
#define BLOCKS_BRANCH_LEAVES (1ul << (BLOCKS_BRANCH_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_ADDRESS_BITS ARCH_ADDRESS_BITS

typedef _Atomic uint32_t blocks_slot;
/* A leaf: its slots; a page for what blocks that begin in the last ones have behind them; the
 * second words of small blocks. */
#define BLOCKS_PAGE_SLOTS (RT_PAGE / sizeof(blocks_slot))
#define BLOCKS_SECOND_SMALL (BLOCKS_LEAF_SLOTS + BLOCKS_PAGE_SLOTS)
typedef blocks_slot *_Atomic blocks_leaf;
struct blocks_branch {
	blocks_leaf leaves[BLOCKS_BRANCH_LEAVES];
	/* a bit for each page of a leaf, see charge_page() */
	_Atomic uint64_t charged[BLOCKS_BRANCH_LEAVES];
};
extern RT_HIDDEN struct blocks_branch *_Atomic *blocks_root;

/* Cold: makes the leaf of an address, or finds that another thread has. NULL: no memory, or no
 * address of user space. */
blocks_slot *blocks_add_leaf(uintptr_t address);

/* Where the pointer to an address's leaf is kept, and those of the leaves after it in its
 * branch; NULL: in none. */
static inline blocks_leaf *blocks_leaf_of(uintptr_t address)
{
	struct blocks_branch *branch = atomic_load_explicit(
		&blocks_root[address >> BLOCKS_BRANCH_SHIFT], memory_order_acquire);

	return likely(branch)
		       ? &branch->leaves[address >> BLOCKS_LEAF_SHIFT & (BLOCKS_BRANCH_LEAVES - 1)]
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

/* The branch that a thread met last: most of its blocks are in one. */
struct blocks_near {
	/* of addresses, >> BLOCKS_BRANCH_SHIFT; BLOCKS_NOWHERE: none */
	uintptr_t number;
	struct blocks_branch *branch;
};
#define BLOCKS_NOWHERE UINTPTR_MAX

/* As blocks_slot_of() without adding, for the thread of `near`. */
static RT_HOT blocks_slot *blocks_slot_near(struct blocks_near *near, uintptr_t address)
{
	uintptr_t number;
	blocks_slot *leaf;

	address = arch_untag(address);
	number = address >> BLOCKS_BRANCH_SHIFT;
	if (unlikely(number != near->number)) {
		struct blocks_branch *branch;

		if (unlikely(address >> BLOCKS_ADDRESS_BITS))
			return NULL;
		branch = atomic_load_explicit(&blocks_root[number], memory_order_acquire);
		if (unlikely(!branch))
			return NULL;
		near->branch = branch;
		near->number = number;
	}
	leaf = atomic_load_explicit(
		&near->branch->leaves[address >> BLOCKS_LEAF_SHIFT & (BLOCKS_BRANCH_LEAVES - 1)],
		memory_order_acquire);
	return likely(leaf) ? &leaf[(address >> 5) & (BLOCKS_LEAF_SLOTS - 1)] : NULL;
}

/* Cold: the first block in its leaf, a large one, or within SILT_MEMORY. */
bool blocks_put_slowly(uintptr_t address, struct block block);
/* Cold: of a large block. */
uint64_t blocks_large_size(const blocks_slot *slot);

/* What all blocks of a generation have in common. */
static inline uint32_t blocks_pack_generation(uint32_t generation)
{
	return generation << BLOCKS_GENERATION_SHIFT;
}

/* Where the second word is. `roomy` as it stands in the slot, or any other way that is 0 for a
 * small block. */
static RT_HOT blocks_slot *blocks_second(blocks_slot *slot, uint32_t roomy)
{
	return slot + (roomy ? 1 : BLOCKS_SECOND_SMALL);
}

/* The size is less than BLOCKS_SIZE_MAX, or that for a large block. `flags`: BLOCKS_MARKED,
 * BLOCKS_IGNORED. */
static RT_HOT void blocks_write(blocks_slot *slot, uintptr_t address, uint64_t size, uint32_t site,
				uint32_t generation, uint32_t flags)
{
	uint32_t low =
		(uint32_t)size
		<< BLOCKS_LOW_SHIFT; /* and a bit where BLOCKS_ROOMY is, but of roomy ones only */
	uint32_t word = 1 | ((uint32_t)(address >> 3) & 2) | site << 2 | flags | low;
	uint32_t high;

	if (size < BLOCKS_ROOMY_SIZE) {
		atomic_store_explicit(blocks_second(slot, 0), generation, memory_order_relaxed);
	} else {
		high = (uint32_t)(size >> (BLOCKS_LOW_BITS - 1)) & ~1u;
		word |= BLOCKS_ROOMY;
		atomic_store_explicit(blocks_second(slot, 1), generation | high,
				      memory_order_relaxed);
	}
	atomic_store_explicit(slot, word, memory_order_release);
}

static inline void blocks_write_block(blocks_slot *slot, uintptr_t address, struct block block)
{
	bool is_large = block.size >= BLOCKS_SIZE_MAX;
	uint32_t flags = (block.marked || is_large ? BLOCKS_MARKED : 0) |
			 (block.ignored ? BLOCKS_IGNORED : 0);

	blocks_write(slot, address, is_large ? BLOCKS_SIZE_MAX : block.size, block.site,
		     blocks_pack_generation(block.generation), flags);
}

static RT_HOT bool blocks_put(const void *pointer, struct block block)
{
	uintptr_t address = (uintptr_t)pointer;
	blocks_slot *slot = blocks_slot_of(address, false);

	if (unlikely(!slot || block.size >= BLOCKS_SIZE_MAX || rt_memory_limit != UINT64_MAX))
		// NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
		return blocks_put_slowly(address, block);
	blocks_write_block(slot, address, block);
	return true;
}

/* Does the block of this slot begin at this address, or is it the address of something within
 * one? */
static RT_HOT bool blocks_begins(uint32_t word, uintptr_t address)
{
	return (address & 15) == 0 && (word & 3) == (1 | (address >> 4 & 1) << 1);
}

/* The same in fewer instructions, and not marked. An address that is not even a multiple of 8,
 * which no block has, is not told from one that is. */
static RT_HOT bool blocks_begins_plain(uint32_t word, uintptr_t address)
{
	return ((((uint32_t)(address >> 3) & 3) ^ word) & (3 | BLOCKS_MARKED)) == 1;
}

/* BLOCKS_SIZE_MAX: of a large block. */
static RT_HOT uint64_t blocks_join_size(uint32_t word, uint32_t second)
{
	return (word >> BLOCKS_LOW_SHIFT & ((1u << BLOCKS_LOW_BITS) - 1)) |
	       (second >> 1 & BLOCKS_HIGH_MAX) << BLOCKS_LOW_BITS;
}

/* The second word of a small block is not looked at. */
static RT_HOT uint64_t blocks_size(const blocks_slot *slot, uint32_t word)
{
	if (!(word & BLOCKS_ROOMY))
		return blocks_join_size(word, 0);
	return blocks_join_size(word, atomic_load_explicit(slot + 1, memory_order_relaxed));
}

static RT_HOT uint32_t blocks_site(uint32_t word)
{
	return word >> 2 & ((1u << BLOCKS_SITE_BITS) - 1);
}

/* The block that begins in this slot, where `word` was read; false: it has ended meanwhile. */
static inline bool blocks_read(blocks_slot *slot, uint32_t word, struct block *block)
{
	uint32_t second = atomic_load_explicit(blocks_second(slot, word & BLOCKS_ROOMY),
					       memory_order_acquire);

	if (second == 0 || second & 1)
		return false;
	block->site = blocks_site(word);
	block->marked = word & BLOCKS_MARKED ? 1 : 0;
	block->ignored = word & BLOCKS_IGNORED ? 1 : 0;
	block->generation = second >> BLOCKS_GENERATION_SHIFT;
	block->size = blocks_join_size(word, second);
	if (unlikely(block->size >= BLOCKS_SIZE_MAX))
		block->size = blocks_large_size(slot);
	word ^= atomic_load_explicit(slot, memory_order_relaxed);
	return (word & ~(BLOCKS_MARKED | BLOCKS_IGNORED)) == 0;
}

/* The address of the block that begins in the slot of these 32 bytes. */
static inline uintptr_t blocks_address(uintptr_t granule, uint32_t word)
{
	return granule | (word >> 1 & 1) << 4;
}

static inline bool blocks_get(const void *pointer, struct block *block)
{
	blocks_slot *slot = blocks_slot_of((uintptr_t)pointer, false);
	uint32_t word = slot ? atomic_load_explicit(slot, memory_order_acquire) : 0;

	return blocks_begins(word, (uintptr_t)pointer) && blocks_read(slot, word, block);
}

/* Was no block recorded that begins at or near this address? With sampling that is so of nearly
 * all. */
static inline bool blocks_none(const void *pointer)
{
	const blocks_slot *slot = blocks_slot_of((uintptr_t)pointer, false);

	return !slot || !(atomic_load_explicit(slot, memory_order_relaxed) & 1);
}

static RT_HOT bool blocks_take(const void *pointer, struct block *block)
{
	uintptr_t address = (uintptr_t)pointer;
	blocks_slot *slot = blocks_slot_of(address, false);
	uint32_t word = slot ? atomic_load_explicit(slot, memory_order_relaxed) : 0;

	if (unlikely(!blocks_begins(word, address)) || unlikely(!blocks_read(slot, word, block)))
		return false;
	atomic_store_explicit(slot, 0, memory_order_relaxed);
	return true;
}

#endif
