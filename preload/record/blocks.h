/*
 * Every live block: address to size, site, generation, and whether the program has excused it.
 * Path: hot. Threads: all, without a lock: a slot is written only by the thread that was just given
 * the block or is about to free it. Memory: 4 bytes per 32 bytes of heap that was ever used, 8
 * where blocks are smaller than 64 bytes (pages never touched cost nothing). Address space: 260 KiB
 * per MiB of heap, 128 KiB per 8 GiB that it is spread over, and 128 KiB; hardly more, because
 * limits (RLIMIT_AS) and mlockall() count what is reserved.
 * Must not: touch the block itself.
 *
 * A shadow in three levels: address >> 33 selects a branch, (address >> 20) a leaf of it, (address
 * >> 5) its slot. glibc's blocks start at least 32 bytes apart, so a slot belongs to one block.
 * From other allocators track.c requests at least BLOCKS_MIN_REQUEST bytes, whose size classes are
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
	/* 1: excused by the program (silt_ignore): neither it nor what it leads to is reported */
	uint32_t ignored;
	/* 1: the call stack of its free may be recorded (frees.h); always 1 for large blocks */
	uint32_t marked;
};

/* Must precede all other calls. False: no memory for the shadow's top level. */
bool blocks_start(void);
/* Records the block at the address. False: no memory for its slot. */
static RT_HOT bool blocks_put(const void *address, struct block block);
/* Removes the block that begins at the address, and returns it. False: none does. */
static RT_HOT bool blocks_take(const void *address, struct block *block);
/* The live block that begins at the address. False: none does. */
static inline bool blocks_get(const void *address, struct block *block);
/* Sets `ignored` of the live block that begins at the address. False: none does. */
bool blocks_ignore(const void *address);
/* The live block that contains the address, if it begins at most 64 MiB below. False: none. */
bool blocks_enclosing(const void *address, uintptr_t *start, struct block *block);
/* Calls `visit` for every live block, while others may be added and removed. */
void blocks_scan(void (*visit)(void *argument, uintptr_t address, struct block block),
		 void *argument);
/* True if a live block begins in [start, end). */
bool blocks_has_any(uintptr_t start, uintptr_t end);
/* The spans of 64 MiB that have leaves: each is address >> BLOCKS_SPAN_SHIFT, in no order;
 * UINT32_MAX: just being added. */
uint32_t blocks_span_count(void);
uint32_t blocks_span_number(uint32_t i);
/* Between these two no leaf is added, so that the process can be copied. */
void blocks_before_fork(void);
void blocks_after_fork(void);
/* Forgets all blocks. */
void blocks_clear(void);

/* -- the hot path -- */

/*
 * A slot is a word of 32 bits. Bit 0: a block begins here. Bit 1: bit 4 of its address. Then the
 * site, whether it is marked, ignored, roomy, and the low bits of its size. For a small block this
 * one word has all that a free needs.
 *
 * A second word has the generation and the high bits of the size. For a roomy block it is the next
 * slot, since the block covers all 32 bytes that that one stands for, and no block begins there.
 * For a small block it is in a part of the leaf that is touched only where there are small blocks.
 * A size that does not fit has all high bits set, and is in the two slots after that. Bit 0 of
 * words that are no slot is clear. The second word is written before the first. A concurrent scan
 * takes a second word that is 0, or has bit 0 set, as a sign that the block has ended: it may miss
 * a block that is being freed, but no other.
 */
#define BLOCKS_MARKED (1u << 22)
#define BLOCKS_IGNORED (1u << 23)
#define BLOCKS_LOW_SHIFT 24u
#define BLOCKS_LOW_BITS 7u
#define BLOCKS_ROOMY (1u << 31)
#define BLOCKS_ROOMY_SIZE 64ul
#define BLOCKS_GENERATION_SHIFT (32 - BLOCKS_GENERATION_BITS)
#define BLOCKS_HIGH_MAX ((1ul << (BLOCKS_GENERATION_SHIFT - 1)) - 1)
#define BLOCKS_SIZE_MAX (BLOCKS_HIGH_MAX << BLOCKS_LOW_BITS) /* this size and more is large */
#define BLOCKS_LEAF_SHIFT 20u
#define BLOCKS_LEAF_SLOTS (1ul << (BLOCKS_LEAF_SHIFT - 5))
#define BLOCKS_SPAN_SHIFT 26u
#define BLOCKS_SPAN_LEAVES (1ul << (BLOCKS_SPAN_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_BRANCH_SHIFT 33u
#define BLOCKS_BRANCH_LEAVES (1ul << (BLOCKS_BRANCH_SHIFT - BLOCKS_LEAF_SHIFT))
#define BLOCKS_ADDRESS_BITS ARCH_ADDRESS_BITS

typedef _Atomic uint32_t blocks_slot;
/* A leaf: its slots; a page for the further words of blocks that begin in the last slots; the
 * second words of small blocks. */
#define BLOCKS_PAGE_SLOTS (RT_PAGE / sizeof(blocks_slot))
#define BLOCKS_SECOND_SMALL (BLOCKS_LEAF_SLOTS + BLOCKS_PAGE_SLOTS)
typedef blocks_slot *_Atomic blocks_leaf;
struct blocks_branch {
	blocks_leaf leaves[BLOCKS_BRANCH_LEAVES];
	/* one bit for each page of a leaf: it is charged, see charge_page() */
	_Atomic uint64_t charged[BLOCKS_BRANCH_LEAVES];
};
extern RT_HIDDEN struct blocks_branch *_Atomic *blocks_root;

/* Cold: makes the leaf of an address, unless another thread has. NULL: no memory, or not an address
 * of user space. */
blocks_slot *blocks_add_leaf(uintptr_t address);

/* The entry of the address's leaf in its branch, followed by those of the next leaves; NULL: there
 * is no branch. */
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

/* The branch that a thread used last: most blocks of a thread are in one. */
struct blocks_near {
	/* addresses in it >> BLOCKS_BRANCH_SHIFT; BLOCKS_NOWHERE: none */
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

/* Cold: for the first block in a leaf, a large block, or with SILT_MEMORY. */
bool blocks_put_slowly(uintptr_t address, struct block block);
/* Cold: the size of a large block. */
uint64_t blocks_large_size(const blocks_slot *slot);

/* The generation as it is stored in the second word. */
static inline uint32_t blocks_pack_generation(uint32_t generation)
{
	return generation << BLOCKS_GENERATION_SHIFT;
}

/* The address of the second word. `roomy`: 0 for a small block. */
static RT_HOT blocks_slot *blocks_second(blocks_slot *slot, uint32_t roomy)
{
	return slot + (roomy ? 1 : BLOCKS_SECOND_SMALL);
}

/* Writes both words. The size is below BLOCKS_SIZE_MAX, or is that for a large block. `flags`:
 * BLOCKS_MARKED, BLOCKS_IGNORED. */
static RT_HOT void blocks_write(blocks_slot *slot, uintptr_t address, uint64_t size, uint32_t site,
				uint32_t generation, uint32_t flags)
{
	/* This may also set BLOCKS_ROOMY, but only for a size that has it anyway. */
	uint32_t low = (uint32_t)size << BLOCKS_LOW_SHIFT;
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

/* True if the block of this slot begins exactly at the address. */
static RT_HOT bool blocks_begins(uint32_t word, uintptr_t address)
{
	return (address & 15) == 0 && (word & 3) == (1 | (address >> 4 & 1) << 1);
}

/* The same in fewer instructions, and only for blocks that are not marked. Does not reject
 * addresses that are no multiple of 8, which no block has. */
static RT_HOT bool blocks_begins_plain(uint32_t word, uintptr_t address)
{
	return ((((uint32_t)(address >> 3) & 3) ^ word) & (3 | BLOCKS_MARKED)) == 1;
}

/* BLOCKS_SIZE_MAX: a large block. */
static RT_HOT uint64_t blocks_join_size(uint32_t word, uint32_t second)
{
	return (word >> BLOCKS_LOW_SHIFT & ((1u << BLOCKS_LOW_BITS) - 1)) |
	       (second >> 1 & BLOCKS_HIGH_MAX) << BLOCKS_LOW_BITS;
}

/* Does not read the second word of a small block. */
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

/* The block that begins in this slot, which held `word`. False: the block has ended meanwhile. */
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

/* The address of the block that begins in the slot of the 32 bytes at `granule`. */
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

/* True if no recorded block begins at or near the address, as is the rule with sampling. */
static inline bool blocks_is_unrecorded(const void *pointer)
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
