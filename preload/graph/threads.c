/*
 * The roots of threads: stacks frame by frame, registers, thread-local storage, thread-specific
 * data. Also tells which memory the C library keeps for stacks that no thread uses.
 * Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: use the C library's records without checking that they are plausible.
 */
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "base/arch.h"
#include "base/libc.h"
#include "graph/graph.h"
#include "graph/index.h"
#include "graph/layout.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/stop.h"
#include "graph/threads_musl.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/general.h"
#include "unwind/modules.h"

#define MAX_FRAMES 512u
#define MAX_LISTED 100000u

/* In TLS variant 1 the pointer to the DTV is at the thread pointer, just above the record. */
#define TLS_HEADER (ARCH_TLS_VARIANT == 1 ? 16u : 0u)

static const struct graph_layout *const layout = &graph_layout;

/* entries of thread-specific data (glibc): a sequence number and a pointer each, before
 * `specific` */
#define FIRST_KEYS 32u

/* In struct pthread (glibc, nptl/descr.h) the argument follows the start routine. */
uint32_t graph_threads_word(uint64_t offset)
{
	if (!layout->has_threads)
		return 0;
	if (offset == layout->start_routine + sizeof(void *))
		return SILT_ROOT_ARGUMENT;
	if (offset < layout->specific + FIRST_KEYS * sizeof(void *) &&
	    offset + FIRST_KEYS * 2 * sizeof(void *) >= layout->specific)
		return SILT_ROOT_SPECIFIC;
	return 0;
}

/* -- finding the threads -- */

static bool readable(const struct graph *graph, uintptr_t address, size_t size)
{
	uintptr_t end = address + size;

	return end > address && graph_clip(graph, address, &end) && end == address + size;
}

static uintptr_t word_at(const struct graph *graph, uintptr_t address)
{
	return address % 8 == 0 && readable(graph, address, 8) ? *(const uintptr_t *)address : 0;
}

static struct graph_thread *find_thread(struct graph *graph, uintptr_t control, uint32_t tid)
{
	for (uint32_t i = 0; i < graph->thread_count; i++) {
		struct graph_thread *thread = &graph->threads[i];

		if (thread->control == control || (!thread->control && tid && thread->tid == tid))
			return thread;
	}
	return NULL;
}

static void add_control(struct graph *graph, uintptr_t control)
{
	uint32_t tid;
	struct graph_thread *thread;

	if (!readable(graph, control, layout->control_size))
		return;
	tid = *(const uint32_t *)(control + layout->tid);
	thread = find_thread(graph, control, tid);
	if (!thread) {
		GRAPH_ROOM(graph, threads, thread_count, thread_capacity);
		thread = &graph->threads[graph->thread_count++];
		*thread = (struct graph_thread){.flags = SILT_THREAD_ENDED};
	}
	thread->control = control;
	thread->start_routine = *(const uintptr_t *)(control + layout->start_routine);
}

/* A circular list of struct pthread through their `list` member. */
static void walk_list(struct graph *graph, uintptr_t head)
{
	uintptr_t at = word_at(graph, head);

	for (uint32_t i = 0; at && at != head && i < MAX_LISTED; i++) {
		add_control(graph, at - layout->list);
		at = word_at(graph, at);
	}
}

/* The head of the list of stacks kept for new threads, if it looks like a list; else 0. */
static uintptr_t cache_head(const struct graph *graph)
{
	uintptr_t head = layout->cache, next = head ? word_at(graph, head) : 0;

	return next && word_at(graph, next + 8) == head ? head : 0;
}

bool graph_threads_own_mapping(const struct graph *graph, uintptr_t start, uintptr_t end)
{
	uintptr_t head, at;

	/* The first thread's record is not on its stack, but in memory that the dynamic linker
	 * allocated. */
	for (uint32_t i = 0; i < graph->thread_count; i++)
		if (!(graph->threads[i].flags & SILT_THREAD_MAIN) &&
		    graph->threads[i].control - start < end - start)
			return true;
	if (!layout->has_threads || !(head = cache_head(graph)))
		return false;
	at = word_at(graph, head);
	for (uint32_t i = 0; at && at != head && i < MAX_LISTED; i++) {
		if (at - start < end - start)
			return true;
		at = word_at(graph, at);
	}
	return false;
}

/* -- stacks -- */

/* Bytes in use below the stack pointer; none in a function that has called another. */
static uintptr_t red_zone(const struct graph_thread *thread)
{
	return thread->flags & GRAPH_THREAD_IN_CALL ? 0 : ARCH_RED_ZONE;
}

/* Unwinds from where the thread stopped, as far as possible. Returns the number of frames. */
static uint32_t find_frames(struct graph *graph, const struct graph_thread *thread, uintptr_t top,
			    const struct graph_frame **result)
{
	const uintptr_t *registers = thread->registers;
	struct unwind_walk *walk = graph_alloc(graph, sizeof *walk);
	struct unwind_frame_bounds *bounds = graph_alloc(graph, MAX_FRAMES * sizeof *bounds);
	struct graph_frame *frames = graph_alloc(graph, MAX_FRAMES * sizeof *frames);
	uint32_t count;

	walk->stack_top = top;
	count = unwind_frames(walk,
			      &(struct unwind_start){registers[ARCH_REGISTER_PC],
						     registers[ARCH_REGISTER_SP],
						     registers[ARCH_REGISTER_FP]},
			      arch_register_link(registers), bounds, MAX_FRAMES);
	for (uint32_t i = 0; i < count; i++)
		frames[i] = (struct graph_frame){bounds[i].sp, bounds[i].cfa, bounds[i].pc};
	if (count)
		frames[0].low -= red_zone(thread);
	graph_free(graph, walk, sizeof *walk);
	graph_free(graph, bounds, MAX_FRAMES * sizeof *bounds);
	*result = frames;
	return count;
}

static void add_stack(struct graph *graph, uint32_t number, uintptr_t start, uintptr_t end,
		      bool unwind)
{
	struct graph_region region = {.start = start & ~7ul,
				      .end = end,
				      .kind = SILT_ROOT_STACK,
				      .module = MODULES_NONE,
				      .thread = number,
				      .sparse = true,
				      .object = UINT32_MAX};

	if (unwind)
		region.frame_count =
			find_frames(graph, &graph->threads[number], end, &region.frames);
	graph_roots_add(graph, &region);
}

/* The end of the stack that the thread was started on: the C library's record is above it. */
static uintptr_t own_top(const struct graph_map *map, const struct graph_thread *thread)
{
	if (layout->has_threads && thread->control >= map->start && thread->control < map->end)
		return ARCH_TLS_VARIANT == 2 ? thread->control - layout->static_size
					     : thread->control;
	if (layout->stack_end && thread->control >= map->start && thread->control < map->end)
		return *(const uintptr_t *)(thread->control + layout->stack_end);
	return map->end;
}

static void add_stacks(struct graph *graph, uint32_t number)
{
	struct graph_thread *thread = &graph->threads[number];
	uintptr_t sp = thread->registers[ARCH_REGISTER_SP], home = thread->control;
	uintptr_t low = sp - red_zone(thread);
	const struct graph_map *on = NULL, *own;
	struct graph_block block;

	if (thread->flags & SILT_THREAD_MAIN)
		home = libc_stack_end();
	own = home ? graph_map_of(graph, home) : NULL;
	if (own)
		thread->stack_bytes = own->end - own->start;
	if (thread->flags & (SILT_THREAD_STOPPED | SILT_THREAD_STILL))
		on = graph_map_of(graph, sp);
	if (on && on == own && sp < own_top(own, thread)) {
		uintptr_t top = own_top(own, thread);

		thread->stack_used = top - sp;
		add_stack(graph, number, low < own->start ? own->start : low, top, true);
		return;
	}
	/* Not on its own stack, or its depth is unknown: all of that stack may be in use. */
	if (own)
		add_stack(graph, number, own->start, own_top(own, thread), false);
	if (!on)
		return;
	if (graph_index_find(graph, sp, &block) != GRAPH_NO_BLOCK)
		add_stack(graph, number, low < block.start ? block.start : low,
			  block.start + block.size, true);
	else
		add_stack(graph, number, on->start, on->end, false);
}

/* -- registers -- */

static void add_registers(struct graph *graph, uint32_t number)
{
	struct graph_thread *thread = &graph->threads[number];
	struct graph_region region = {.kind = SILT_ROOT_REGISTER,
				      .module = MODULES_NONE,
				      .thread = number,
				      .object = UINT32_MAX};

	if (!(thread->flags & SILT_THREAD_STOPPED))
		return;
	region.start = (uintptr_t)thread->registers;
	region.end = region.start + sizeof thread->registers;
	region.origin = region.start;
	graph_roots_add(graph, &region);
	region.start = (uintptr_t)thread->vector;
	region.end = region.start + thread->vector_size;
	graph_roots_add(graph, &region);
}

/* -- thread-local storage -- */

/* The address of a module's variables in a thread; 0: not allocated yet. */
static uintptr_t module_block(const struct graph *graph, const struct graph_thread *thread,
			      const struct module *module)
{
	uintptr_t map = (uintptr_t)module->link_map,
		  dtv = word_at(graph, thread->control + layout->dtv);
	uintptr_t modid = word_at(graph, map + layout->modid), offset, block;

	if (layout->next) { /* musl: dtv has the number of blocks, then their addresses */
		if (!modid || !dtv || modid > word_at(graph, dtv))
			return 0;
		return word_at(graph, dtv + modid * 8);
	}
	offset = word_at(graph, map + layout->tls_offset);
	/* static: not NO_TLS_OFFSET (0), not FORCED_DYNAMIC (-1) */
	if (offset != 0 && offset + 1 > 1)
		return ARCH_TLS_VARIANT == 2 ? thread->control - offset
					     : thread->control + layout->control_size + offset;
	if (!modid || modid > 65536 || !dtv || modid > word_at(graph, dtv - 16))
		return 0;
	block = word_at(graph, dtv + modid * 16);
	return block == ~0ul ? 0 : block; /* TLS_DTV_UNALLOCATED */
}

/* musl: the values of pthread_setspecific(), which are outside of the record. */
static void add_values(struct graph *graph, struct graph_region region)
{
	uintptr_t values = word_at(graph, region.origin + layout->values);

	region.start = values;
	region.end = values + layout->values_size;
	if (values && readable(graph, values, layout->values_size))
		graph_roots_add(graph, &region);
}

static void add_tls(struct graph *graph, uint32_t number)
{
	struct graph_thread *thread = &graph->threads[number];
	struct graph_region region = {
		.kind = SILT_ROOT_TLS, .thread = number, .object = UINT32_MAX};

	if (!layout->has_variables || !thread->control)
		return;
	/* The thread's record: thread-specific data, its return value, the DTV. */
	region.start = thread->control;
	region.end = thread->control + layout->control_size + TLS_HEADER;
	region.module = MODULES_NONE;
	region.origin = thread->control;
	if (!readable(graph, region.start, region.end - region.start))
		return;
	graph_roots_add(graph, &region);
	if (thread->flags & SILT_THREAD_ENDED)
		return;
	if (layout->values)
		add_values(graph, region);
	for (uint32_t i = 0; i < graph->module_count; i++) {
		const struct module *module = modules_get(i);
		uintptr_t block;

		if (!module->tls_size || module->unloaded_ns)
			continue;
		block = module_block(graph, thread, module);
		if (!block || !readable(graph, block, module->tls_size))
			continue;
		if (graph_roots_is_hidden(i))
			continue;
		region.module = i;
		region.start = block;
		region.end = block + module->tls_size;
		region.origin = block;
		graph_roots_add(graph, &region);
	}
}

/* Stacks kept for new threads already have a DTV, whose blocks must not look lost. */
static void add_cached(struct graph *graph)
{
	uintptr_t head = cache_head(graph), at = head ? word_at(graph, head) : 0;

	for (uint32_t i = 0; at && at != head && i < MAX_LISTED; i++) {
		uintptr_t control = at - layout->list;

		graph_roots_add(graph, &(struct graph_region){.start = control + layout->dtv,
							      .end = control + layout->dtv + 8,
							      .kind = SILT_ROOT_TLS,
							      .module = MODULES_NONE,
							      .thread = UINT32_MAX,
							      .origin = control,
							      .object = UINT32_MAX});
		at = word_at(graph, at);
	}
}

static bool is_in(uintptr_t pc, const struct module *module)
{
	return pc - module->start < module->end - module->start;
}

/* Code of ours, of the C library and of the dynamic linker. */
static bool is_not_the_programs(uintptr_t pc)
{
	uint32_t number = modules_find(pc);
	const struct module *module;

	if (number == MODULES_NONE)
		return false;
	module = modules_get(number);
	return is_in((uintptr_t)is_not_the_programs, module) || is_in(libc_code(), module) ||
	       module->start == modules_loader_start;
}

/*
 * The thread that waits for the graph is in our code, perhaps called from the C library's exit().
 * Its frames and registers there hold no pointers of the program's, but words that look like some.
 * Sets its registers to those of the innermost frame that is the program's; once main has returned,
 * only the frame that the program started with is left.
 */
static void leave_frames_of_ours(const struct graph *graph)
{
	const struct graph_asker *asker = graph->stop->asker;

	for (uint32_t i = 0; asker && i < graph->thread_count; i++) {
		struct graph_thread *thread = &graph->threads[i];

		if (thread->tid != asker->tid || !(thread->flags & SILT_THREAD_STOPPED) ||
		    thread->flags & GRAPH_THREAD_ASKER ||
		    !unwind_general_leave(thread->registers, is_not_the_programs))
			continue;
		thread->vector_size = 0;
		thread->flags |= GRAPH_THREAD_IN_CALL;
	}
}

static void read_registers(struct graph *graph)
{
	graph->thread_capacity = graph->thread_count = graph->stop->count;
	graph->threads =
		graph_alloc(graph, (graph->thread_capacity + 1ul) * sizeof *graph->threads);
	memcpy(graph->threads, graph->stop->threads, graph->thread_count * sizeof *graph->threads);
	for (uint32_t i = 0; i < graph->thread_count; i++) {
		struct graph_thread *thread = &graph->threads[i];

		if (thread->flags & SILT_THREAD_STOPPED)
			thread->flags &= ~(uint32_t)SILT_THREAD_STILL;
		if (ARCH_TLS_VARIANT == 2)
			thread->control = thread->thread_pointer;
		else if (layout->has_variables && thread->thread_pointer)
			thread->control = thread->thread_pointer - layout->control_size;
	}
}

void graph_threads_find(struct graph *graph)
{
	graph->stack_end = libc_stack_end();
	read_registers(graph);
	leave_frames_of_ours(graph);
	if (layout->has_threads) {
		walk_list(graph, layout->used);
		walk_list(graph, layout->user);
		add_cached(graph);
	}
	if (layout->next)
		graph_musl_find_ended(graph);
	for (uint32_t i = 0; i < graph->thread_count; i++) {
		struct graph_thread *thread = &graph->threads[i];

		/* The process is gone: its threads have ended, but their stacks are in this
		 * copy. */
		if (graph->stop->count == 0)
			thread->flags &= ~(uint32_t)SILT_THREAD_ENDED;
		if (layout->next)
			thread->start_routine = graph_musl_start(graph, thread);
		add_tls(graph, i);
		if (thread->flags & SILT_THREAD_ENDED)
			continue;
		add_stacks(graph, i);
		add_registers(graph, i); /* after the stacks, which are to be named first */
	}
	if (graph->stop->count == 0) { /* the first thread is unknown, too */
		const struct graph_map *map = graph_map_of(graph, libc_stack_end());

		if (map)
			add_stack(graph, UINT32_MAX, map->start, map->end, false);
	}
}
