/* Makes a snapshot in terms of source code: see profile.h. */
#include "model/profile.h"

#include "model/own_allocators.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/progress.h"

/* A module as the symbolizer knows it, shared by all snapshots that have it. */
struct shared_module {
	/* path, a NUL, the build id */
	char *key;
	struct symbol_module module;
	UT_hash_handle hh;
};

struct profile_context {
	struct symbolizer *symbolizer;
	struct shared_module *modules;
	struct own_allocators *allocators;
};

struct pc_frames {
	const struct frame *frames;
	size_t count;
	/* index of the first frame that is not an allocator; count: there is none */
	size_t blamed;
	bool in_libc;
};

struct profile_context *profile_context_new(void)
{
	struct profile_context *context = mem_zeroed(1, sizeof *context);

	context->symbolizer = symbolizer_new();
	context->allocators = own_allocators_new();
	return context;
}

void profile_context_free(struct profile_context *context)
{
	struct shared_module *module, *next;

	symbolizer_free(context->symbolizer);
	own_allocators_free(context->allocators);
	HASH_ITER(hh, context->modules, module, next)
	{
		HASH_DEL(context->modules, module);
		free(module->key);
		free(module);
	}
	free(context);
}

void profile_context_renew(struct profile_context *context)
{
	own_allocators_free(context->allocators);
	context->allocators = own_allocators_new();
}

struct symbolizer *profile_context_symbolizer(struct profile_context *context)
{
	return context->symbolizer;
}

static const struct symbol_module *share_module(struct profile_context *context,
						const struct snapshot_module *module,
						uint32_t machine)
{
	size_t path_size = strlen(module->path) + 1, size = path_size + module->build_id_size;
	char *key = mem_alloc(size);
	struct shared_module *shared;

	memcpy(key, module->path, path_size);
	memcpy(key + path_size, module->build_id, module->build_id_size);
	HASH_FIND(hh, context->modules, key, size, shared);
	if (shared) {
		free(key);
		return &shared->module;
	}
	shared = mem_zeroed(1, sizeof *shared);
	shared->key = key;
	shared->module = (struct symbol_module){
		.path = key,
		.build_id = (const unsigned char *)key + path_size,
		.build_id_size = module->build_id_size,
		.machine = machine,
		.vdso = module->flags & SILT_MODULE_VDSO,
	};
	HASH_ADD_KEYPTR(hh, context->modules, shared->key, size, shared);
	return &shared->module;
}

/* Symbolizes each pc that a site needs, once. */
static struct pc_frames *symbolize_pcs(struct profile_context *context,
				       const struct snapshot *snapshot,
				       const struct symbol_module **modules,
				       const struct blame *blame)
{
	struct pc_frames *pcs = mem_zeroed(snapshot->pc_count, sizeof *pcs);
	bool *needed = mem_zeroed(snapshot->pc_count,
				  sizeof *needed); /* other pcs belong to roots of the heap graph */
	struct progress progress;

	for (uint64_t i = 1; i <= snapshot->node_count; i++)
		needed[snapshot->nodes[i].pc] = true;

	for (uint64_t i = 0; i < snapshot->module_count; i++)
		modules[i] =
			share_module(context, &snapshot->modules[i], snapshot->process.machine);
	progress_begin(&progress, "reading symbols", snapshot->pc_count);
	for (uint64_t i = 0; i < snapshot->pc_count; i++) {
		const struct snapshot_pc *pc = &snapshot->pcs[i];

		if (!needed[i])
			continue;
		pcs[i].count = symbolizer_frames(
			context->symbolizer,
			pc->module == SNAPSHOT_NO_MODULE ? NULL : modules[pc->module], pc->address,
			pc->exact, &pcs[i].frames);
		pcs[i].blamed = blame_first(blame, pcs[i].frames, pcs[i].count);
		pcs[i].in_libc =
			!blame->nothing_skipped && pcs[i].count && blame_in_libc(pcs[i].frames);
		progress_step(&progress, i);
	}
	progress_end(&progress);
	free(needed);
	return pcs;
}

size_t profile_most_frames = 64ul << 20;
#define MOST_OTHER_FRAMES 64u
#define FRAMES_LEAST (8ul << 20) /* frames allowed for any file, */
/* and for each byte of it: sound files have less than one frame a byte, those with deep stacks
 * of inlined calls 2 */
#define FRAMES_BYTE 2

static size_t most_frames(const struct snapshot *snapshot)
{
	size_t most = snapshot->size > FRAMES_LEAST / FRAMES_BYTE ? snapshot->size * FRAMES_BYTE
								  : FRAMES_LEAST;

	return most < profile_most_frames ? most : profile_most_frames;
}

/* the frame of a call stack of which nothing is known */
static const struct frame unknown_frame = {.function = NULL};
/* the frame of blocks that existed when silt attached to the process */
static const struct frame earlier_frame = {.function = "[allocated before the attach]"};

static size_t count_frames(const struct snapshot *snapshot, const struct pc_frames *pcs,
			   uint32_t node)
{
	size_t count = 0;

	for (; node; node = snapshot->nodes[node].parent)
		count += pcs[snapshot->nodes[node].pc].count;
	return count ? count : 1;
}

/* True for a function without a name that an allocator of the same module calls: it is part of
 * the allocator. */
static bool within_allocator(const struct snapshot *snapshot, const struct pc_frames *pcs,
			     uint32_t node)
{
	uint32_t caller = snapshot->nodes[node].parent;
	const struct pc_frames *inner = &pcs[snapshot->nodes[node].pc], *outer;

	if (!caller || inner->frames[inner->blamed].function ||
	    !inner->frames[inner->blamed].module_path)
		return false;
	outer = &pcs[snapshot->nodes[caller].pc];
	return outer->count && outer->blamed == outer->count && outer->frames[0].module_path &&
	       strcmp(outer->frames[0].module_path, inner->frames[inner->blamed].module_path) == 0;
}

/* Lists the frames and finds the blamed one. If all are allocators or of the C library, the
 * innermost of the library is blamed, or else the outermost. */
static void list_frames(const struct snapshot *snapshot, const struct pc_frames *pcs, uint32_t node,
			struct profile_site *site)
{
	uint32_t count = 0, in_libc = UINT32_MAX;
	bool blamed = false;

	site->frames[0] = &unknown_frame;
	for (; node; node = snapshot->nodes[node].parent) {
		const struct pc_frames *pc = &pcs[snapshot->nodes[node].pc];

		if (!blamed && pc->blamed < pc->count && !within_allocator(snapshot, pcs, node)) {
			site->blamed = count + (uint32_t)pc->blamed;
			blamed = !pc->in_libc;
			if (blamed && in_libc != UINT32_MAX)
				site->through = site->blamed - 1;
			else if (in_libc == UINT32_MAX)
				in_libc = site->blamed;
		}
		for (size_t i = 0; i < pc->count && count < site->frame_count; i++)
			site->frames[count++] = &pc->frames[i];
	}
	if (!blamed && in_libc != UINT32_MAX)
		site->blamed = in_libc;
	if ((!blamed && in_libc == UINT32_MAX) || site->blamed >= site->frame_count)
		site->blamed = site->frame_count - 1;
}

/* Returns the number of frames if no call stack has more than `depth`. */
static size_t count_within(const struct profile *profile, uint32_t depth)
{
	size_t total = 0;

	for (uint64_t i = 0; i < profile->site_count; i++)
		total += profile->sites[i].frame_count < depth ? profile->sites[i].frame_count
							       : depth;
	return total;
}

/* Cuts call stacks to the greatest depth at which all fit; returns the number of frames. */
static size_t cut_frames(struct profile_context *context, struct profile *profile)
{
	uint32_t low = 1, high = UINT32_MAX;
	size_t total = count_within(profile, UINT32_MAX), most = most_frames(profile->snapshot);

	profile->depth = UINT32_MAX;
	if (total <= most)
		return total;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		*(count_within(profile, middle) <= most ? &low : &high) = middle;
	}
	profile->depth = low;
	symbolizer_add_note(context->symbolizer,
			    mem_format("%s: call stacks are cut at %" PRIu32
				       " frames, for all of them would be %zu MiB",
				       profile->snapshot->path, low,
				       total * sizeof(struct frame *) >> 20));
	for (uint64_t i = 0; i < profile->site_count; i++)
		if (profile->sites[i].frame_count > low)
			profile->sites[i].frame_count = low;
	return count_within(profile, low);
}

/* Lists call stacks other than those of sites, by their nodes; leaves out outermost frames if
 * there is no room. */
static struct profile_site *list_stacks(const struct snapshot *snapshot,
					const struct pc_frames *pcs, const uint32_t *nodes,
					uint64_t count, const struct frame ***frames)
{
	struct profile_site *list = mem_zeroed(count + 1, sizeof *list);
	size_t total = 0;

	for (uint64_t i = 0; i < count; i++) {
		size_t depth = count_frames(snapshot, pcs, nodes[i]);

		list[i].frame_count =
			depth < MOST_OTHER_FRAMES ? (uint32_t)depth : MOST_OTHER_FRAMES;
		total += list[i].frame_count;
	}
	*frames = mem_zeroed(total + 1, sizeof(struct frame *));
	total = 0;
	for (uint64_t i = 0; i < count; i++) {
		list[i].frames = *frames + total;
		list[i].through = PROFILE_DIRECTLY;
		total += list[i].frame_count;
		list_frames(snapshot, pcs, nodes[i], &list[i]);
	}
	return list;
}

/* Lists the call stacks that freed blocks. */
static void list_freers(struct profile *profile, const struct pc_frames *pcs)
{
	const struct snapshot *snapshot = profile->snapshot;
	uint32_t *nodes = mem_zeroed(snapshot->freed_count + 1, sizeof *nodes);

	for (uint64_t i = 0; i < snapshot->freed_count; i++)
		nodes[i] = snapshot->freed[i].node;
	profile->freers =
		list_stacks(snapshot, pcs, nodes, snapshot->freed_count, &profile->freer_frames);
	for (uint64_t i = 0; i < snapshot->freed_count; i++)
		profile->freers[i].counters = &snapshot->sites[snapshot->freed[i].site];
	free(nodes);
}

static struct snapshot_site counters_of(const struct snapshot_mapped *mapped)
{
	struct snapshot_site counters = {.node = mapped->node,
					 .total_blocks = mapped->total,
					 .total_bytes = mapped->total_bytes};

	if (mapped->live < mapped->total)
		counters.freed_blocks = mapped->total - mapped->live;
	if (mapped->live_bytes < mapped->total_bytes)
		counters.freed_bytes = mapped->total_bytes - mapped->live_bytes;
	return counters;
}

/* Lists the call stacks that mapped and unmapped memory. */
static void list_mappers(struct profile *profile, const struct pc_frames *pcs)
{
	static const struct snapshot_site no_counters;
	const struct snapshot *snapshot = profile->snapshot;
	uint32_t *nodes =
		mem_zeroed(snapshot->mapped_count + snapshot->unmapper_count + 1, sizeof *nodes);

	for (uint64_t i = 0; i < snapshot->mapped_count; i++)
		nodes[i] = snapshot->mapped[i].node;
	profile->mapped =
		list_stacks(snapshot, pcs, nodes, snapshot->mapped_count, &profile->mapped_frames);
	profile->mapped_counters =
		mem_zeroed(snapshot->mapped_count + 1, sizeof *profile->mapped_counters);
	for (uint64_t i = 0; i < snapshot->mapped_count; i++) {
		profile->mapped_counters[i] = counters_of(&snapshot->mapped[i]);
		profile->mapped[i].counters = &profile->mapped_counters[i];
	}
	for (uint64_t i = 0; i < snapshot->unmapper_count; i++)
		nodes[i] = snapshot->unmappers[i].node;
	profile->unmappers = list_stacks(snapshot, pcs, nodes, snapshot->unmapper_count,
					 &profile->unmapper_frames);
	for (uint64_t i = 0; i < snapshot->unmapper_count; i++)
		profile->unmappers[i].counters = &no_counters;
	free(nodes);
}

struct profile *profile_new(struct profile_context *context, const struct snapshot *snapshot,
			    const struct blame *blame)
{
	struct profile *profile = mem_zeroed(1, sizeof *profile);
	struct pc_frames *pcs;
	size_t total;

	profile->modules = mem_zeroed(snapshot->module_count, sizeof(struct symbol_module *));
	pcs = symbolize_pcs(context, snapshot, profile->modules, blame);
	profile->snapshot = snapshot;
	profile->site_count = snapshot->site_count;
	profile->sites = mem_zeroed(profile->site_count, sizeof *profile->sites);
	for (uint64_t i = 0; i < profile->site_count; i++) {
		size_t count = count_frames(snapshot, pcs, snapshot->sites[i].node);

		profile->sites[i].frame_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	}
	total = cut_frames(context, profile);
	profile->frames = mem_zeroed(total, sizeof(struct frame *));
	total = 0;
	for (uint64_t i = 0; i < profile->site_count; i++) {
		struct profile_site *site = &profile->sites[i];

		site->counters = &snapshot->sites[i];
		site->frames = profile->frames + total;
		site->through = PROFILE_DIRECTLY;
		total += site->frame_count;
		list_frames(snapshot, pcs, site->counters->node, site);
		if (site->counters->flags & SILT_SITE_EARLIER)
			site->frames[0] = &earlier_frame;
	}
	list_freers(profile, pcs);
	list_mappers(profile, pcs);
	free(pcs);
	if (!blame->nothing_skipped)
		own_allocators_pass_on(context->allocators, profile, blame);
	return profile;
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	free(profile->frames);
	free(profile->freers);
	free(profile->freer_frames);
	free(profile->mapped);
	free(profile->mapped_counters);
	free(profile->mapped_frames);
	free(profile->unmappers);
	free(profile->unmapper_frames);
	free(profile->modules);
	free(profile->sites);
	free(profile);
}

uint32_t profile_before_start(const struct profile_site *site)
{
	uint32_t count = site->frame_count;

	while (count > site->blamed + 1) {
		const struct frame *outermost = site->frames[count - 1];
		bool is_entry = outermost->function && strcmp(outermost->function, "_start") == 0;

		if (!is_entry && !blame_in_libc(outermost))
			break;
		count--;
	}
	return count;
}
