/* Makes the functions of a snapshot: see functions.h. */
#include "model/functions.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

struct known_function {
	char *key;
	uint32_t number;
	UT_hash_handle hh;
};

struct known_frame {
	const struct frame *frame;
	uint32_t number;
	UT_hash_handle hh;
};

struct known_edge {
	uint64_t key;
	size_t number;
	UT_hash_handle hh;
};

struct builder {
	struct functions *functions;
	size_t capacity, edge_capacity;
	struct known_function *known;
	/* cache: makes the key of each frame only once */
	struct known_frame *frames;
	struct known_edge *edges;
	/* the functions of the current site, innermost first */
	uint32_t *path;
	size_t path_capacity;
};

static uint32_t number_of(struct builder *builder, const struct frame *frame)
{
	struct functions *functions = builder->functions;
	struct known_function *known;
	struct known_frame *seen;
	size_t size;
	char *key;

	HASH_FIND_PTR(builder->frames, &frame, seen);
	if (seen)
		return seen->number;
	key = statistics_key_of(frame, KEY_FUNCTION, &size);
	HASH_FIND(hh, builder->known, key, size, known);
	if (known) {
		free(key);
	} else {
		known = mem_zeroed(1, sizeof *known);
		known->key = key;
		known->number = (uint32_t)functions->count;
		HASH_ADD_KEYPTR(hh, builder->known, known->key, size, known);
		MEM_GROW(functions->list, functions->count, builder->capacity);
		functions->list[functions->count++] = (struct function){.frame = frame};
	}
	seen = mem_zeroed(1, sizeof *seen);
	seen->frame = frame;
	seen->number = known->number;
	HASH_ADD_PTR(builder->frames, frame, seen);
	return seen->number;
}

static void add_figures(struct functions_figures *figures, const struct snapshot_site *site)
{
	figures->size += snapshot_live_bytes(site);
	figures->count += snapshot_live_blocks(site);
	figures->total_bytes += site->total_bytes;
	figures->total_blocks += site->total_blocks;
}

static struct functions_edge *edge_of(struct builder *builder, uint32_t caller, uint32_t callee)
{
	struct functions *functions = builder->functions;
	uint64_t key = (uint64_t)caller << 32 | callee;
	struct known_edge *known;

	HASH_FIND(hh, builder->edges, &key, sizeof key, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->key = key;
		known->number = functions->edge_count;
		HASH_ADD(hh, builder->edges, key, sizeof key, known);
		MEM_GROW(functions->edges, functions->edge_count, builder->edge_capacity);
		functions->edges[functions->edge_count++] =
			(struct functions_edge){caller, callee, {0, 0, 0, 0}};
	}
	return &functions->edges[known->number];
}

static bool seen_function(const struct builder *builder, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (builder->path[i] == builder->path[at])
			return true;
	return false;
}

static bool seen_edge(const struct builder *builder, uint32_t at)
{
	for (uint32_t i = 0; i + 1 < at; i++)
		if (builder->path[i] == builder->path[at - 1] &&
		    builder->path[i + 1] == builder->path[at])
			return true;
	return false;
}

/* Begins at the blamed frame: calls between allocators are of no interest. */
static void add_site(struct builder *builder, const struct profile_site *site,
		     uint64_t short_blocks)
{
	const struct snapshot_site *counters = site->counters;
	uint32_t length = site->frame_count - site->blamed;
	struct function *blamed;

	if (length == 0)
		return;
	while (builder->path_capacity < length) {
		builder->path_capacity = builder->path_capacity ? builder->path_capacity * 2 : 64;
		builder->path =
			mem_resize(builder->path, builder->path_capacity, sizeof *builder->path);
	}
	for (uint32_t i = 0; i < length; i++)
		builder->path[i] = number_of(builder, site->frames[site->blamed + i]);
	blamed = &builder->functions->list[builder->path[0]];
	add_figures(&blamed->self, counters);
	blamed->freed_blocks += counters->freed_blocks;
	blamed->temporary_blocks += counters->temporary_blocks;
	blamed->short_blocks += short_blocks;
	for (uint32_t i = 0; i < length; i++) {
		struct function *function = &builder->functions->list[builder->path[i]];

		if (!seen_function(builder, i))
			add_figures(&function->cumulative, counters);
		if (!function->example || snapshot_live_bytes(counters) >
						  snapshot_live_bytes(function->example->counters))
			function->example = site;
		if (i > 0 && !seen_edge(builder, i))
			add_figures(
				&edge_of(builder, builder->path[i], builder->path[i - 1])->figures,
				counters);
	}
}

/* -- short-lived blocks -- */

/* Returns, by record of the last snapshot, the blocks born in each interval minus those that its
 * end found live. */
static uint64_t *short_lived(const struct series *series)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	uint64_t *result = mem_zeroed(last->site_count + 1, sizeof *result);

	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series_record(series, i, series->count - 1);
		uint64_t before = 0, sum = 0;

		for (size_t k = 0; k < series->count && record != SERIES_NONE; k++) {
			const struct silt_process *process = &series->snapshots[k]->process;
			uint64_t total = series_point(series, i, k).total_blocks,
				 born = total - before, left;
			uint64_t first = k ? series->snapshots[k - 1]->process.generation + 1 : 0;

			first -=
				first % (process->generation_width ? process->generation_width : 1);
			left = series_survivors(series, i, k, first, UINT64_MAX);
			if (total > before && born > left)
				sum += born - left;
			before = total;
		}
		if (record != SERIES_NONE)
			result[record] += sum;
	}
	return result;
}

/* -- order -- */

static const struct {
	const char *name;
	enum functions_order order;
} orders[] = {
	{"size", FUNCTIONS_SELF},
	{"self", FUNCTIONS_SELF},
	{"tottime", FUNCTIONS_SELF},
	{"time", FUNCTIONS_SELF},
	{"count", FUNCTIONS_COUNT},
	{"calls", FUNCTIONS_CALLS},
	{"ncalls", FUNCTIONS_CALLS},
	{"pcalls", FUNCTIONS_CALLS},
	{"total", FUNCTIONS_TOTAL},
	{"percall", FUNCTIONS_PER_CALL},
	{"cumulative", FUNCTIONS_CUMULATIVE},
	{"cumtime", FUNCTIONS_CUMULATIVE},
	{"short", FUNCTIONS_SHORT},
	{"temporary", FUNCTIONS_TEMPORARY},
	{"name", FUNCTIONS_NAME},
	{"stdname", FUNCTIONS_NAME},
	{"file", FUNCTIONS_FILE},
	{"filename", FUNCTIONS_FILE},
	{"module", FUNCTIONS_FILE},
};

int functions_order_named(const char *name)
{
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		if (strcmp(orders[i].name, name) == 0)
			return (int)orders[i].order;
	return -1;
}

static double leading(const struct function *function, enum functions_order order)
{
	switch (order) {
	case FUNCTIONS_COUNT:
		return (double)function->self.count;
	case FUNCTIONS_CALLS:
		return (double)function->self.total_blocks;
	case FUNCTIONS_TOTAL:
		return (double)function->self.total_bytes;
	case FUNCTIONS_PER_CALL:
		return function->self.total_blocks ? (double)function->self.total_bytes /
							     (double)function->self.total_blocks
						   : 0;
	case FUNCTIONS_CUMULATIVE:
		return (double)function->cumulative.size;
	case FUNCTIONS_SHORT:
		return function->short_blocks == FUNCTIONS_UNKNOWN ? (double)function->freed_blocks
								   : (double)function->short_blocks;
	case FUNCTIONS_TEMPORARY:
		return (double)function->temporary_blocks;
	default:
		return (double)function->self.size;
	}
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static const char *file_of(const struct function *function)
{
	return statistics_has_line(function->frame) ? function->frame->file
						    : function->frame->module_path;
}

static int compare_functions(const void *x, const void *y, void *argument)
{
	enum functions_order order = *(const enum functions_order *)argument;
	const struct function *a = x, *b = y;
	double figure_a = leading(a, order), figure_b = leading(b, order);
	int names = compare_text(a->frame->function, b->frame->function),
	    files = compare_text(file_of(a), file_of(b));

	if (order == FUNCTIONS_NAME && names)
		return names;
	if (order == FUNCTIONS_FILE && files)
		return files;
	if (figure_a != figure_b)
		return figure_a < figure_b ? 1 : -1;
	if (order == FUNCTIONS_SELF && a->self.count != b->self.count)
		return a->self.count < b->self.count ? 1 : -1;
	if (a->cumulative.size != b->cumulative.size)
		return a->cumulative.size < b->cumulative.size ? 1 : -1;
	if (names || files)
		return names ? names : files;
	return a->frame->address < b->frame->address ? -1 : a->frame->address > b->frame->address;
}

static int compare_edges(const void *x, const void *y)
{
	const struct functions_edge *a = x, *b = y;

	if (a->figures.size != b->figures.size)
		return a->figures.size < b->figures.size ? 1 : -1;
	if (a->figures.total_blocks != b->figures.total_blocks)
		return a->figures.total_blocks < b->figures.total_blocks ? 1 : -1;
	if (a->caller != b->caller)
		return a->caller < b->caller ? -1 : 1;
	return a->callee < b->callee ? -1 : a->callee > b->callee;
}

/* Sorting renumbers the functions: the edges are renumbered too. */
static void sort(struct functions *functions, enum functions_order order)
{
	uint32_t *moved = mem_zeroed(functions->count + 1, sizeof *moved);
	struct tagged {
		struct function function;
		uint32_t number;
	} *tagged = mem_zeroed(functions->count + 1, sizeof *tagged);

	for (size_t i = 0; i < functions->count; i++)
		tagged[i] = (struct tagged){functions->list[i], (uint32_t)i};
	if (functions->count)
		qsort_r(tagged, functions->count, sizeof *tagged, compare_functions, &order);
	for (size_t i = 0; i < functions->count; i++) {
		functions->list[i] = tagged[i].function;
		moved[tagged[i].number] = (uint32_t)i;
	}
	for (size_t i = 0; i < functions->edge_count; i++) {
		functions->edges[i].caller = moved[functions->edges[i].caller];
		functions->edges[i].callee = moved[functions->edges[i].callee];
	}
	if (functions->edge_count)
		qsort(functions->edges, functions->edge_count, sizeof *functions->edges,
		      compare_edges);
	free(tagged);
	free(moved);
}

/* -- the whole -- */

static void free_builder(struct builder *builder)
{
	struct known_function *function, *next_function;
	struct known_frame *frame, *next_frame;
	struct known_edge *edge, *next_edge;

	HASH_ITER(hh, builder->known, function, next_function)
	{
		HASH_DEL(builder->known, function);
		free(function->key);
		free(function);
	}
	HASH_ITER(hh, builder->frames, frame, next_frame)
	{
		HASH_DEL(builder->frames, frame);
		free(frame);
	}
	HASH_ITER(hh, builder->edges, edge, next_edge)
	{
		HASH_DEL(builder->edges, edge);
		free(edge);
	}
	free(builder->path);
}

struct functions *functions_new(const struct profile *profile, const struct series *series,
				const struct filter_list *filters, enum functions_order order)
{
	struct builder builder = {.functions = mem_zeroed(1, sizeof *builder.functions)};
	uint64_t *short_blocks = series ? short_lived(series) : NULL;

	for (uint64_t i = 0; i < profile->site_count; i++)
		if (filter_keeps(filters, &profile->sites[i]))
			add_site(&builder, &profile->sites[i], short_blocks ? short_blocks[i] : 0);
	if (!short_blocks)
		for (size_t i = 0; i < builder.functions->count; i++)
			builder.functions->list[i].short_blocks = FUNCTIONS_UNKNOWN;
	free(short_blocks);
	sort(builder.functions, order);
	free_builder(&builder);
	return builder.functions;
}

void functions_free(struct functions *functions)
{
	if (!functions)
		return;
	free(functions->list);
	free(functions->edges);
	free(functions);
}
