/*
 * Walks the heap of glibc's malloc: see arenas.h.
 * Path: cold. Threads: see there. Memory: static.
 */
#include "record/arenas.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/libc.h"
#include "base/rt.h"
#include "record/real.h"
#include "unwind/modules.h"

/* malloc.c, struct malloc_chunk: the size, with these flags in its low bits. The block follows. */
#define CHUNK_HEADER 16u
#define CHUNK_LEAST 32u
#define CHUNK_ALIGNMENT 16u
#define CHUNK_FLAGS 7u
#define PREVIOUS_IN_USE 1u
#define HAS_MAPPING 2u
#define OTHER_ARENA 4u

#define FAST_BINS 10
#define BINS 127
#define LEAST_EMPTY_BINS 32 /* of a main arena: most bins for large chunks are empty */

/* malloc.c, struct malloc_state. */
struct arena {
	int mutex, flags, has_fast_chunks;
	uintptr_t fast[FAST_BINS];
	uintptr_t top, last_remainder;
	uintptr_t bins[2 * BINS];
	unsigned map[4];
	uintptr_t next, next_free;
	uint64_t threads, system_bytes, most_system_bytes;
};

/* arena.c, struct heap_info: a part of an arena other than the main one, at a multiple of
 * HEAP_MAX. */
struct heap {
	uintptr_t arena, previous;
	uint64_t size;
};
#define HEAP_MAX (64ul << 20)
#define MOST_ARENAS 4096u
#define MOST_FAST (1u << 24)
#define FENCE 64u /* the most bytes left at the end of a heap that was followed by another */

/* malloc.c, struct tcache_perthread_struct: the number of blocks of each size, as bytes (before
 * glibc 2.30) or 16-bit numbers, then the first block of each. Its chunk is recognised by its
 * size. */
#define CACHE_BINS 64u
#define CACHE_OF_BYTES 0x250u
#define CACHE_OF_SHORTS 0x290u
#define MOST_CACHES 4096u

#define GLIBC_SAFE_LINKING 32u /* 2.32 */
#define GLIBC_ONE_KEY 34u      /* 2.34 */

static struct {
	const struct arena *main;
	/* of the first chunk */
	uintptr_t start;
	/* what free() writes into the blocks that it caches. Before GLIBC_ONE_KEY each thread has
	 * another one, or there is none: then the caches themselves are searched for */
	bool has_key;
	uintptr_t key;
	uintptr_t caches[MOST_CACHES];
	uint32_t cache_count;
} arenas;

/* -- finding it -- */

/* Empty lists of free chunks point to themselves. */
static bool is_arena(const struct arena *arena)
{
	unsigned empty = 0;

	for (unsigned i = 0; i < BINS; i++) {
		uintptr_t self = (uintptr_t)&arena->bins[2 * i] - CHUNK_HEADER;
		bool first = arena->bins[2 * i] == self, last = arena->bins[2 * i + 1] == self;

		if (first != last || !arena->bins[2 * i])
			return false;
		empty += first;
	}
	return empty >= LEAST_EMPTY_BINS && arena->top && arena->next && arena->mutex >= 0 &&
	       arena->mutex <= 2;
}

static const struct arena *find_main(void)
{
	uint32_t number = modules_find((uintptr_t)real.malloc);
	const struct module *module = number == MODULES_NONE ? NULL : modules_get(number);

	if (!module || !module->data_start)
		return NULL;
	for (uintptr_t at = module->data_start; at + sizeof(struct arena) <= module->end;
	     at += CHUNK_ALIGNMENT)
		if (is_arena((const struct arena *)at))
			return (const struct arena *)at;
	return NULL;
}

/* The start of the break, the 47th field of /proc/self/stat. */
static uintptr_t find_start(void)
{
	char stat[1024];
	const char *at;
	uint64_t number = 0;

	if (rt_read_file("/proc/self/stat", stat, sizeof stat) <= 0 || !(at = strrchr(stat, ')')))
		return 0;
	for (int field = 2; field < 47 && *at; field++) {
		while (*at && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return (number + CHUNK_ALIGNMENT - 1) & ~(uintptr_t)(CHUNK_ALIGNMENT - 1);
}

/* Finds the key: what free() writes after the first word of a block that it caches, the same for
 * all. */
static bool find_key(void)
{
	static const size_t sizes[] = {1000, 904, 808, 712, 616, 520};
	uintptr_t seen[sizeof sizes / sizeof sizes[0]] = {0};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uintptr_t *volatile block = real.malloc(sizes[i]);

		if (!block)
			return false;
		*(volatile uintptr_t *)&block[1] = 0;
		real.free(block);
		/* the freed block is in the cache, or at least still in the heap */
		seen[i] = *(volatile uintptr_t *)&block[1];
		for (size_t j = 0; j < i; j++)
			if (seen[i] && seen[i] == seen[j]) {
				arenas.key = seen[i];
				arenas.has_key = true;
				return true;
			}
	}
	return false;
}

bool arenas_find(void)
{
	if (!arenas.main)
		arenas.main = find_main();
	arenas.start = find_start();
	return arenas.main && arenas.start && (libc_glibc_minor() < GLIBC_ONE_KEY || find_key());
}

/* -- chunks -- */

static uint64_t word_at(uintptr_t address)
{
	return *(const volatile uint64_t *)address;
}

static void visit_chunk(uintptr_t chunk, uint64_t size, const struct arenas_visitor *visitor,
			struct arenas_sums *sums)
{
	uintptr_t block = chunk + CHUNK_HEADER;

	sums->used_bytes += size;
	if (arenas.has_key && word_at(block + 8) == arenas.key)
		return; /* cached */
	sums->blocks++;
	sums->bytes += size - 8;
	if (visitor->used)
		visitor->used(visitor->argument, block, size - 8);
}

/* Walks from the first chunk to the top, or to the fence at the end of a heap. */
static bool walk_chunks(uintptr_t chunk, uintptr_t end, uintptr_t top, uint64_t flags,
			const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	while (chunk != top) {
		uint64_t head, size;
		uintptr_t next;

		if (chunk + CHUNK_HEADER > end)
			return false;
		head = word_at(chunk + 8);
		size = head & ~(uint64_t)CHUNK_FLAGS;
		if (size <= CHUNK_HEADER) /* the fence */
			return !top && end - chunk <= FENCE;
		next = chunk + size;
		if (size < CHUNK_LEAST || size % CHUNK_ALIGNMENT || next <= chunk ||
		    next + CHUNK_HEADER > end || head & HAS_MAPPING)
			return false;
		if (word_at(next + 8) & PREVIOUS_IN_USE) {
			/* a chunk loses its arena's flag when it is freed */
			if ((head & OTHER_ARENA) != flags)
				return false;
			visit_chunk(chunk, size, visitor, sums);
		}
		chunk = next;
	}
	return true;
}

/* The next block of a list, from the first word of a block: from glibc 2.32 on it is xored with the
 * page number of its address ("safe linking"). */
static uintptr_t next_in_list(uintptr_t block)
{
	uintptr_t word = word_at(block);

	return libc_glibc_minor() < GLIBC_SAFE_LINKING ? word : word ^ block >> 12;
}

static bool walk_fast(const struct arena *arena, const struct arenas_visitor *visitor,
		      struct arenas_sums *sums)
{
	for (unsigned i = 0, count = 0; i < FAST_BINS; i++) {
		for (uintptr_t chunk = arena->fast[i]; chunk; count++) {
			uintptr_t block = chunk + CHUNK_HEADER;

			if (chunk % CHUNK_ALIGNMENT || count == MOST_FAST)
				return false;
			sums->used_bytes -= word_at(chunk + 8) & ~(uint64_t)CHUNK_FLAGS;
			sums->bytes -= (word_at(chunk + 8) & ~(uint64_t)CHUNK_FLAGS) - 8;
			sums->blocks--;
			if (visitor->fast)
				visitor->fast(visitor->argument, block);
			chunk = next_in_list(block);
		}
	}
	return true;
}

static bool walk_main(const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	uintptr_t top = arenas.main->top, end = top + (word_at(top + 8) & ~(uint64_t)CHUNK_FLAGS);

	return top >= arenas.start && end > top &&
	       end - arenas.start <= arenas.main->system_bytes &&
	       arenas.main->system_bytes - (end - arenas.start) < CHUNK_LEAST &&
	       walk_chunks(arenas.start, end, top, 0, visitor, sums);
}

static bool walk_other(uintptr_t address, const struct arenas_visitor *visitor,
		       struct arenas_sums *sums)
{
	const struct arena *arena = (const struct arena *)address;
	uintptr_t first = address & ~(HEAP_MAX - 1), header = address - first, top = arena->top;
	uint64_t sizes = 0;

	for (uintptr_t at = top & ~(HEAP_MAX - 1); at; at = ((const struct heap *)at)->previous) {
		const struct heap *heap = (const struct heap *)at;
		uintptr_t start = at == first ? address + sizeof *arena : at + header;

		start = (start + CHUNK_ALIGNMENT - 1) & ~(uintptr_t)(CHUNK_ALIGNMENT - 1);
		if (heap->arena != address || heap->size > HEAP_MAX || at % HEAP_MAX ||
		    !walk_chunks(start, at + heap->size, at == (top & ~(HEAP_MAX - 1)) ? top : 0,
				 OTHER_ARENA, visitor, sums))
			return false;
		sizes += heap->size;
	}
	return sizes == arena->system_bytes;
}

static bool is_at_rest(const struct arena *arena)
{
	return arena->mutex == 0;
}

static bool walk_all(const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	const struct arena *arena = arenas.main;

	do {
		if (arena == arenas.main ? !walk_main(visitor, sums)
					 : !walk_other((uintptr_t)arena, visitor, sums))
			return false;
		sums->system_bytes += arena->system_bytes;
		arena = (const struct arena *)arena->next;
	} while (arena != arenas.main);
	return true;
}

/* -- caches of threads, before glibc 2.34 -- */

/* True if the block is in the main arena's heap or in another arena's. */
static bool is_in_heap(uintptr_t block)
{
	uintptr_t top = arenas.main->top;
	const struct arena *arena = arenas.main;

	if (block % CHUNK_ALIGNMENT)
		return false;
	if (block >= arenas.start + CHUNK_HEADER && block < top)
		return true;
	for (unsigned i = 0; i < MOST_ARENAS; i++) {
		arena = (const struct arena *)arena->next;
		if (arena == arenas.main)
			return false;
		for (uintptr_t at = arena->top & ~(HEAP_MAX - 1); at;
		     at = ((const struct heap *)at)->previous)
			if (block > at + CHUNK_HEADER &&
			    block < at + ((const struct heap *)at)->size)
				return true;
	}
	return false;
}

static unsigned cached_count(uintptr_t cache, uint64_t chunk_size, unsigned bin)
{
	return chunk_size == CACHE_OF_BYTES ? ((const uint8_t *)cache)[bin]
					    : ((const uint16_t *)cache)[bin];
}

static uintptr_t first_cached(uintptr_t cache, uint64_t chunk_size, unsigned bin)
{
	return word_at(cache + CACHE_BINS * (chunk_size == CACHE_OF_BYTES ? 1 : 2) +
		       bin * sizeof(uintptr_t));
}

static uint64_t size_before(uintptr_t block)
{
	return word_at(block - 8) & ~(uint64_t)CHUNK_FLAGS;
}

/* True if each bin has as many blocks as it says, all of its size. */
static bool is_cache(uintptr_t cache, uint64_t chunk_size)
{
	unsigned full = 0;

	for (unsigned bin = 0; bin < CACHE_BINS; bin++) {
		unsigned count = cached_count(cache, chunk_size, bin);
		uintptr_t block = first_cached(cache, chunk_size, bin);

		if (!count != !block)
			return false;
		for (unsigned i = 0; i < count; i++) {
			if (!is_in_heap(block) ||
			    size_before(block) != CHUNK_LEAST + bin * CHUNK_ALIGNMENT)
				return false;
			block = next_in_list(block);
		}
		full += count > 0;
	}
	return full > 0;
}

static void note_cache(void *unused, uintptr_t address, uint64_t size)
{
	(void)unused;
	if ((size + 8 == CACHE_OF_BYTES || size + 8 == CACHE_OF_SHORTS) &&
	    arenas.cache_count < MOST_CACHES && is_cache(address, size + 8))
		arenas.caches[arenas.cache_count++] = address;
}

static void walk_cache(uintptr_t cache, const struct arenas_visitor *visitor,
		       struct arenas_sums *sums)
{
	uint64_t chunk_size = size_before(cache);

	for (unsigned bin = 0; bin < CACHE_BINS; bin++) {
		uintptr_t block = first_cached(cache, chunk_size, bin);

		for (unsigned i = cached_count(cache, chunk_size, bin); i > 0; i--) {
			sums->bytes -= size_before(block) - 8;
			sums->blocks--;
			if (visitor->fast)
				visitor->fast(visitor->argument, block);
			block = next_in_list(block);
		}
	}
}

static bool find_caches(void)
{
	struct arenas_visitor visitor = {.used = note_cache};
	struct arenas_sums sums = {0};

	arenas.cache_count = 0;
	return arenas.has_key || walk_all(&visitor, &sums);
}

/* -- the whole heap -- */

bool arenas_walk(const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	const struct arena *arena = arenas.main;
	unsigned count = 0;

	*sums = (struct arenas_sums){0};
	do {
		if (!is_at_rest(arena) || !walk_fast(arena, visitor, sums) ||
		    ++count == MOST_ARENAS)
			return false;
		arena = (const struct arena *)arena->next;
	} while (arena != arenas.main);
	if (!find_caches())
		return false;
	for (uint32_t i = 0; i < arenas.cache_count; i++)
		walk_cache(arenas.caches[i], visitor, sums);
	return walk_all(visitor, sums);
}

void arenas_walk_fast(const struct arenas_visitor *visitor)
{
	const struct arena *arena = arenas.main;
	struct arenas_sums sums = {0};

	do {
		walk_fast(arena, visitor, &sums);
		arena = (const struct arena *)arena->next;
	} while (arena != arenas.main);
	for (uint32_t i = 0; i < arenas.cache_count; i++)
		walk_cache(arenas.caches[i], visitor, &sums);
}

/* -- mappings -- */

#define PIECES 64u /* pages read by one system call */

static uint64_t mapped_size(const uint64_t head[2], uintptr_t left)
{
	uint64_t size = head[1] & ~(uint64_t)CHUNK_FLAGS;

	return head[0] == 0 && (head[1] & CHUNK_FLAGS) == HAS_MAPPING && size &&
			       size % rt_page_size() == 0 && size <= left
		       ? size
		       : 0;
}

/* Has the kernel copy the words, so that memory which is gone meanwhile causes no fault. */
void arenas_search(uint32_t pid, uintptr_t start, uintptr_t end,
		   const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	uint64_t heads[PIECES][2];
	struct iovec here[PIECES], there[PIECES];
	unsigned long page = rt_page_size();

	while (start < end) {
		unsigned count = 0;
		uintptr_t next = start;
		long copied;

		for (; count < PIECES && start + count * page < end; count++) {
			here[count] = (struct iovec){heads[count], sizeof heads[count]};
			there[count] =
				(struct iovec){(void *)(start + count * page), sizeof heads[count]};
		}
		copied = rt_syscall(SYS_process_vm_readv, pid, (long)here, count, (long)there,
				    count, 0);
		if (copied < (long)(count * sizeof heads[0])) /* up to a page that is unmapped */
			count = copied > 0 ? (unsigned)((size_t)copied / sizeof heads[0]) : 0;
		for (unsigned i = 0; i < count; i++) {
			uintptr_t chunk = start + i * page;
			uint64_t size = chunk < next ? 0 : mapped_size(heads[i], end - chunk);

			if (!size)
				continue;
			next = chunk + size;
			sums->mapped_bytes += size;
			sums->blocks++;
			sums->bytes += size - CHUNK_HEADER;
			if (visitor->used)
				visitor->used(visitor->argument, chunk + CHUNK_HEADER,
					      size - CHUNK_HEADER);
		}
		start = next > start + count * page ? next : start + (count ? count : 1) * page;
	}
}
