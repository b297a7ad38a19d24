/*
 * Finds the memory outside the heap that may hold pointers: writable data of modules, what threads
 * hold, other private memory, roots named by the program. Leaves out our own memory, the
 * allocator's, and unused stacks. Where some blocks were not recorded, the memory between the
 * blocks of the allocator is a root too.
 * Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: follow pointers.
 */
#include <string.h>

#include "annotations/annotations.h"
#include "base/libc.h"
#include "base/rt.h"
#include "graph/fold.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "record/blocks.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"

void graph_roots_add(struct graph *graph, const struct graph_region *region)
{
	if (region->start >= region->end)
		return;
	GRAPH_ROOM(graph, regions, region_count, region_capacity);
	graph->regions[graph->region_count++] = *region;
}

/* -- what is not a root -- */

bool graph_roots_is_hidden(uint32_t number)
{
	const struct module *module = modules_get(number);
	uintptr_t ours = (uintptr_t)&graph_roots_is_hidden, next = (uintptr_t)real.malloc;

	if (ours - module->start < module->end - module->start)
		return true;
	/* A replacement allocator's caches point to blocks that it handed out before. The C
	 * library's caches are excluded by find_arena(). */
	return !real_is_c_library() && next - module->start < module->end - module->start;
}

/*
 * glibc's main arena is a variable in the C library's data. Its bins are lists of free chunks, and
 * a chunk's address lies in the block before it, so the arena must not be a root. It is recognised
 * by its contents, without a symbol: an empty bin points to itself (malloc.c, struct malloc_state:
 * bin_at, 127 bins of two words each from offset 112 on), and all arenas form a ring (`next`, after
 * the bitmap of bins).
 */
#define ARENA_BINS 112u
#define ARENA_BIN_COUNT 127u
#define ARENA_NEXT (ARENA_BINS + ARENA_BIN_COUNT * 16 + 16)
#define ARENA_SIZE 2200u
#define MAX_ARENAS 4096u

static bool is_in_ring(const struct graph *graph, uintptr_t address)
{
	uintptr_t at = address;

	for (uint32_t i = 0; i < MAX_ARENAS; i++) {
		uintptr_t next = at + ARENA_NEXT, end = next + 8;

		if (next % 8 || !graph_clip(graph, next, &end) || end < next + 8)
			return false;
		at = *(const uintptr_t *)next;
		if (at == address)
			return true;
	}
	return false;
}

static bool is_empty_bin(uintptr_t address)
{
	const uintptr_t *words = (const uintptr_t *)address;

	return words[0] == address - 16 && words[1] == address - 16;
}

static bool has_empty_bins(uintptr_t address)
{
	uint32_t empty = 0;

	for (uint32_t bin = 0; bin < ARENA_BIN_COUNT; bin++)
		empty += is_empty_bin(address + ARENA_BINS + bin * 16ul);
	return empty >= 16;
}

/* The lowest arena that has a bin at address `bin`; 0: none. */
static uintptr_t arena_of_bin(const struct graph *graph, uintptr_t bin, uintptr_t start,
			      uintptr_t end)
{
	for (uint32_t number = ARENA_BIN_COUNT; number-- > 0;) {
		uintptr_t at = bin - ARENA_BINS - number * 16ul;

		if (at >= start && at < bin && at + ARENA_SIZE <= end && has_empty_bins(at) &&
		    is_in_ring(graph, at))
			return at;
	}
	return 0;
}

/* Looks for empty bins first: few words look like one, and only those are checked further. */
static uintptr_t find_arena(const struct graph *graph, uintptr_t start, uintptr_t end)
{
	uintptr_t found = 0;

	for (uintptr_t at = start; at + 16 <= end && !found; at += 8)
		if (is_empty_bin(at))
			found = arena_of_bin(graph, at, start, end);
	return found;
}

/* -- modules -- */

static void add_global(struct graph *graph, uint32_t number, uintptr_t start, uintptr_t end)
{
	const struct module *module = modules_get(number);

	graph_roots_add(graph, &(struct graph_region){.start = start,
						      .end = end,
						      .kind = SILT_ROOT_GLOBAL,
						      .module = number,
						      .thread = UINT32_MAX,
						      .origin = module->bias,
						      .object = UINT32_MAX});
}

static void add_module_data(struct graph *graph, uint32_t number, uintptr_t start, uintptr_t end)
{
	const struct module *module = modules_get(number);
	uintptr_t allocator = (uintptr_t)real.malloc, arena = 0;

	if (real_is_glibc() && allocator - module->start < module->end - module->start)
		arena = find_arena(graph, start, end);
	if (arena) {
		add_global(graph, number, start, arena);
		start = arena + ARENA_SIZE;
	}
	add_global(graph, number, start, end);
}

static bool in_module(const struct module *module, const struct graph_map *map)
{
	return map->start >= module->start && map->start < module->end;
}

/* The module a mapping belongs to, or MODULES_NONE. */
static uint32_t module_of_map(const struct graph *graph, const struct graph_map *map)
{
	for (uint32_t i = graph->module_count; i-- > 0;) {
		const struct module *module = modules_get(i);

		if (!module->unloaded_ns && in_module(module, map))
			return i;
	}
	return MODULES_NONE;
}

/* -- other mappings -- */

/* True if one of these pages is in memory. */
static bool any_present(uintptr_t first, uintptr_t pages)
{
	unsigned char present[64];

	for (uintptr_t i = 0; i < pages; i += sizeof present) {
		uintptr_t part = pages - i < sizeof present ? pages - i : sizeof present;

		if (!rt_present((const void *)(first + i * RT_PAGE), part * RT_PAGE, present))
			return true;
		for (uintptr_t p = 0; p < part; p++)
			if (present[p])
				return true;
	}
	return false;
}

static bool had_blocks(uintptr_t start, uintptr_t end)
{
	for (uintptr_t at = start; at < end;) {
		uintptr_t leaf_end = ((at >> BLOCKS_LEAF_SHIFT) + 1) << BLOCKS_LEAF_SHIFT;
		uintptr_t stop = end < leaf_end ? end : leaf_end;
		const blocks_slot *slot = blocks_slot_of(at, false);
		uintptr_t page = (uintptr_t)slot & ~(RT_PAGE - 1),
			  stands_for = BLOCKS_PAGE_SLOTS * 32;
		uintptr_t pages =
			slot ? (stop - (at & ~(stands_for - 1)) + stands_for - 1) / stands_for : 0;

		if (any_present(page, pages))
			return true;
		at = stop;
	}
	return false;
}

static void add_mapping(struct graph *graph, uintptr_t start, uintptr_t end, bool between)
{
	graph_roots_add(graph, &(struct graph_region){.start = start,
						      .end = end,
						      .kind = SILT_ROOT_MAPPING,
						      .module = MODULES_NONE,
						      .thread = UINT32_MAX,
						      .sparse = true,
						      .between = between,
						      .object = UINT32_MAX});
}

/* The kernel merges the mappings of large blocks with their neighbours: adds what is between these
 * blocks. */
static void add_between_blocks(struct graph *graph, uintptr_t start, uintptr_t end)
{
	while (start < end) {
		struct graph_block block;
		uintptr_t stop = start + RT_PAGE;

		if (graph_index_find(graph, start + 16, &block) != GRAPH_NO_BLOCK) {
			start = (block.start + block.size + rt_page_size() - 1) &
				~(rt_page_size() - 1);
			continue;
		}
		while (stop < end && graph_index_find(graph, stop + 16, &block) == GRAPH_NO_BLOCK)
			stop += RT_PAGE;
		if (!had_blocks(start, stop))
			add_mapping(graph, start, stop, false);
		start = stop;
	}
}

struct carve {
	struct graph *graph;
	uintptr_t start, end;
	/* the first of our mappings that ends after start */
	uintptr_t next, next_end;
};

static void find_next(void *argument, uintptr_t start, uintptr_t end)
{
	struct carve *carve = argument;

	if (end > carve->start && start < carve->end && (carve->next == 0 || start < carve->next)) {
		carve->next = start;
		carve->next_end = end;
	}
}

/* The kernel may have merged our mappings with the program's: adds all but ours. */
static void add_not_ours(struct graph *graph, uintptr_t start, uintptr_t end)
{
	struct carve carve = {graph, start, end, 0, 0};

	while (carve.start < carve.end) {
		carve.next = 0;
		rt_each_mapping(find_next, &carve);
		if (!carve.next || carve.next > carve.start)
			add_between_blocks(graph, carve.start, carve.next ? carve.next : carve.end);
		if (!carve.next)
			return;
		carve.start = carve.next_end;
	}
}

/* glibc's HEAP_MAX_SIZE with the default M_MMAP_THRESHOLD_MAX */
#define ARENA_ALIGNMENT (64ul << 20)

static bool is_allocators(const struct graph_map *map)
{
	if (map->flags & GRAPH_HEAP)
		return true;
	/* glibc: arenas other than the main one. Other allocators: every mapping that had a
	 * block. */
	if (map->start % ARENA_ALIGNMENT == 0 || !real_is_glibc())
		return had_blocks(map->start, map->end);
	return false;
}

static void add_map(struct graph *graph, const struct graph_map *map)
{
	uint32_t module = module_of_map(graph, map);

	if (!(map->flags & GRAPH_READ) || map->flags & GRAPH_DEVICE)
		return;
	if (module != MODULES_NONE) {
		/* Up to the end of its last page: the dynamic linker keeps its first allocations
		 * behind its own data. */
		uintptr_t end =
			(modules_get(module)->end + rt_page_size() - 1) & ~(rt_page_size() - 1);
		/* musl's malloc uses that memory. */
		uintptr_t data_end = libc_is_musl() ? modules_get(module)->end & ~7ul : end;

		/* Includes pages that relocation has made read-only, but neither code nor
		 * constants. */
		if (modules_get(module)->data_start &&
		    map->start >= modules_get(module)->data_start && !graph_roots_is_hidden(module))
			add_module_data(graph, module, map->start,
					map->end < data_end ? map->end : data_end);
		if (map->end > end && map->flags & GRAPH_WRITE)
			add_not_ours(graph, end, map->end);
		return;
	}
	if (!(map->flags & GRAPH_WRITE) || graph_threads_own_mapping(graph, map->start, map->end) ||
	    ((uintptr_t)graph->stack_end - map->start < map->end - map->start))
		return;
	if (!is_allocators(map))
		add_not_ours(graph, map->start, map->end);
	else if (atomic_load(&track_gaps)) /* what lies there unrecorded may hold the rest */
		add_mapping(graph, map->start, map->end, true);
}

static void add_named(void *argument, uintptr_t start, uint64_t size)
{
	graph_roots_add(argument, &(struct graph_region){.start = start,
							 .end = start + size,
							 .kind = SILT_ROOT_REGION,
							 .module = MODULES_NONE,
							 .thread = UINT32_MAX,
							 .sparse = true,
							 .object = UINT32_MAX});
}

void graph_roots_find(struct graph *graph)
{
	graph->module_count = modules_count();
	graph->symbols = graph_alloc(graph, graph->module_count * sizeof *graph->symbols);
	graph_threads_find(graph);
	annotations_each_root(add_named, graph);
	for (uint32_t i = 0; i < graph->map_count; i++)
		add_map(graph, &graph->maps[i]);
}

/* -- objects -- */

/* The size of a root object where no symbol tells it: a word, or more where there are very many. */
static uint64_t object_size(uint32_t unknown)
{
	return unknown < 1024 ? 8 : unknown < 4096 ? 64 : RT_PAGE;
}

static void describe_stack(const struct graph_region *region, uintptr_t address,
			   struct graph_object *object)
{
	uint32_t low = 0, high = region->frame_count;

	object->address = region->start;
	object->size = region->end - region->start;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (region->frames[middle].cfa <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < region->frame_count && region->frames[low].low <= address) {
		object->address = region->frames[low].low;
		object->size = region->frames[low].cfa - object->address;
		object->pc = region->frames[low].pc;
	} else if (region->frame_count) {
		object->address = region->frames[region->frame_count - 1].cfa;
		object->size = region->end - object->address;
	}
}

uint32_t graph_roots_object(struct graph *graph, const struct graph_region *region,
			    uintptr_t address, uint64_t *offset)
{
	uint64_t place = address - region->origin;
	struct graph_object object = {.kind = region->kind,
				      .module = region->module,
				      .thread = region->thread,
				      .pc = UINT32_MAX,
				      .address = region->start - region->origin,
				      .size = region->end - region->start};

	if (region->module != MODULES_NONE) {
		struct graph_symbols *symbols = &graph->symbols[region->module];
		const struct graph_symbol *symbol;

		graph_symbols_read(graph, region->module);
		symbol = graph_symbols_find(symbols, place, region->kind == SILT_ROOT_TLS);
		if (symbol) {
			object.address = symbol->start;
			object.size = symbol->size;
			object.flags = SILT_ROOT_SYMBOL;
		} else {
			object.size = object_size(symbols->unknown);
			object.address = place & ~(object.size - 1);
		}
	} else if (region->kind == SILT_ROOT_STACK) {
		describe_stack(region, address, &object);
	} else if (region->kind == SILT_ROOT_TLS) {
		object.address = place & ~7ul;
		object.size = 8;
		object.flags = graph_threads_word(object.address);
	}
	*offset = place - object.address;
	return graph_fold_object(graph, &object);
}
