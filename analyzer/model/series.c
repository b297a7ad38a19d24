/* A run over time: see series.h. */
#include "model/series.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "load/run_files.h"
#include "model/deltas.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/spare.h"

/* A call stack by the files and addresses of its frames: the same in every snapshot, also of
 * another process. */
struct known {
	uint64_t key;
	uint32_t site;
	UT_hash_handle hh;
};

/* Which records of a snapshot are which sites. */
struct view {
	/* by record */
	uint32_t *site_of;
	/* by record: another of the same site (a module that was at different places);
	 * SERIES_NONE */
	uint32_t *same;
	/* by site: its last record, of sites below `sites`; SERIES_NONE */
	uint32_t *record_of;
	size_t sites;
};

/* The keys of call stacks in one snapshot. The next one of the same process has the same nodes
 * and more. */
struct keys {
	/* NULL: none yet */
	const struct snapshot *snapshot;
	/* hashes */
	uint64_t *modules, *nodes, *sites;
	/* by node: the last site found there; SERIES_NONE */
	uint32_t *site_at;
	size_t node_capacity;
};

struct series_store {
	struct known *table;
	struct deltas *sites;
	uint64_t *site_keys;
	size_t capacity, key_capacity;
	/* by snapshot */
	uint64_t *widths;
	/* what is shed can be read again */
	bool from_files;
	/* by snapshot: only what is small is left of it */
	bool *shed;
	struct view *views;
	struct keys keys;
	/* of several records of one site */
	struct deltas_bins before, now;
	/* where series_point() and its like are */
	/* of series_walk() */
	struct deltas_cursor walk;
	struct deltas_cursor cursor;
	uint32_t cursor_site;
	size_t cursor_next;
};

/* -- keys of call stacks -- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 5381;

	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return hash;
}

static bool same_pc(const struct snapshot *a, const struct snapshot *b, uint64_t i)
{
	const struct snapshot_pc *x = &a->pcs[i], *y = &b->pcs[i];

	return x->address == y->address && x->exact == y->exact && x->module == y->module &&
	       (x->module == SNAPSHOT_NO_MODULE ||
		strcmp(a->modules[x->module].path, b->modules[y->module].path) == 0);
}

/* How many nodes, from the first, are the same call stacks as in the snapshot before. */
static uint64_t same_nodes(const struct snapshot *old, const struct snapshot *new)
{
	if (!old || !old->node_count || old->node_count > new->node_count ||
	    old->pc_count > new->pc_count ||
	    memcmp(old->nodes + 1, new->nodes + 1, old->node_count * sizeof *old->nodes) != 0)
		return 0;
	for (uint64_t i = 0; i < old->pc_count; i++)
		if (!same_pc(old, new, i))
			return 0;
	return old->node_count;
}

static void find_keys(struct keys *keys, const struct snapshot *snapshot)
{
	uint64_t *modules = mem_zeroed(snapshot->module_count + 1, sizeof *modules);
	uint64_t same = same_nodes(keys->snapshot, snapshot);

	if (keys->node_capacity < snapshot->node_count + 1 || !keys->nodes) {
		keys->node_capacity = snapshot->node_count + 1;
		keys->nodes = mem_resize(keys->nodes, keys->node_capacity, sizeof *keys->nodes);
		keys->site_at =
			mem_resize(keys->site_at, keys->node_capacity, sizeof *keys->site_at);
	}
	keys->nodes[0] = 0;
	if (!same)
		keys->site_at[0] = SERIES_NONE;
	for (uint64_t i = 0; i < snapshot->module_count; i++)
		modules[i] = hash_text(snapshot->modules[i].path);
	for (uint64_t i = same + 1; i <= snapshot->node_count; i++) {
		const struct snapshot_pc *pc = &snapshot->pcs[snapshot->nodes[i].pc];
		uint64_t module = pc->module == SNAPSHOT_NO_MODULE ? 1 : modules[pc->module];

		keys->nodes[i] = mix(mix(keys->nodes[snapshot->nodes[i].parent], module),
				     pc->address << 1 | pc->exact);
		keys->site_at[i] = SERIES_NONE;
	}
	free(modules);
	keys->snapshot = snapshot;
}

/* Returns the site with a key. Adds it if `may_add`, or else returns SERIES_NONE. */
static uint32_t site_with(struct series *series, uint64_t key, bool may_add)
{
	struct series_store *store = series->store;
	struct known *known;

	HASH_FIND(hh, store->table, &key, sizeof key, known);
	if (known || !may_add)
		return known ? known->site : SERIES_NONE;
	known = mem_zeroed(1, sizeof *known);
	known->key = key;
	known->site = (uint32_t)series->site_count;
	HASH_ADD(hh, store->table, key, sizeof key, known);
	if (series->site_count == store->capacity) {
		store->capacity = store->capacity ? store->capacity * 2 : 64;
		store->sites = mem_resize(store->sites, store->capacity, sizeof *store->sites);
		store->site_keys =
			mem_resize(store->site_keys, store->capacity, sizeof *store->site_keys);
	}
	store->sites[series->site_count] = (struct deltas){0};
	store->site_keys[series->site_count++] = key;
	return known->site;
}

static void free_view(struct view *view)
{
	free(view->site_of);
	free(view->same);
	free(view->record_of);
	*view = (struct view){0};
}

/* Finds the site of each record. Adds call stacks that no snapshot had before if `may_add`; or else
 * returns false, without a view. */
static bool make_view(struct series *series, size_t number, bool may_add)
{
	struct series_store *store = series->store;
	const struct snapshot *snapshot = series->snapshots[number];
	struct view *view = &store->views[number];

	find_keys(&store->keys, snapshot);
	view->site_of = mem_alloc((snapshot->site_count + 1) * sizeof *view->site_of);
	view->same = mem_alloc((snapshot->site_count + 1) * sizeof *view->same);
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *record = &snapshot->sites[i];
		uint32_t *near = &store->keys.site_at[record->node];
		uint64_t key = mix(store->keys.nodes[record->node],
				   record->flags & SILT_SITE_CUT ? record->depth : 0);

		if (*near == SERIES_NONE || store->site_keys[*near] != key)
			*near = site_with(series, key, may_add);
		if (*near == SERIES_NONE) {
			free_view(view);
			return false;
		}
		view->site_of[i] = *near;
	}
	view->sites = series->site_count;
	view->record_of = mem_alloc((view->sites + 1) * sizeof *view->record_of);
	memset(view->record_of, 0xff, view->sites * sizeof *view->record_of);
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		view->same[i] = view->record_of[view->site_of[i]];
		view->record_of[view->site_of[i]] = i;
	}
	return true;
}

/* -- from a snapshot to the state of its sites -- */

static void add_verdict(struct series_tally *tally, const struct snapshot_verdict *verdict)
{
	for (int i = 0; i < SILT_VERDICTS; i++) {
		bool lost =
			i == SILT_LOST_DIRECT || i == SILT_LOST_INDIRECT || i == SILT_LOST_CYCLE;

		tally->blocks += verdict->blocks[i];
		tally->bytes += verdict->bytes[i];
		tally->lost_blocks += lost ? verdict->blocks[i] : 0;
		tally->lost_bytes += lost ? verdict->bytes[i] : 0;
	}
	tally->old_blocks += verdict->old_blocks;
	tally->old_bytes += verdict->old_bytes;
}

static bool has_graph(const struct snapshot *snapshot)
{
	return snapshot->graph.summary.status == SILT_GRAPH_DONE;
}

static int compare_bins(const void *a, const void *b)
{
	const struct snapshot_bin *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* The bins of all records of a site, as one list. */
static void join_bins(struct deltas_bins *bins)
{
	size_t count = 0;

	if (bins->count)
		qsort(bins->list, bins->count, sizeof *bins->list, compare_bins);
	for (size_t i = 0; i < bins->count; i++) {
		if (count && bins->list[count - 1].number == bins->list[i].number) {
			bins->list[count - 1].blocks += bins->list[i].blocks;
			bins->list[count - 1].bytes += bins->list[i].bytes;
		} else {
			bins->list[count++] = bins->list[i];
		}
	}
	bins->count = count;
}

static void add_bins(struct deltas_bins *bins, const struct snapshot *snapshot, uint32_t record)
{
	const struct snapshot_site *site = &snapshot->sites[record];

	for (uint32_t i = 0; i < site->bin_count; i++)
		deltas_push(bins, snapshot->bins[site->first_bin + i]);
}

/* All but the width; `room` is for bins that are not as in the snapshot. */
static struct series_state state_of(const struct snapshot *snapshot, const struct view *view,
				    uint32_t site, struct deltas_bins *room)
{
	uint32_t first = site < view->sites ? view->record_of[site] : SERIES_NONE;
	struct series_state state = {.present = first != SERIES_NONE};

	room->count = 0;
	for (uint32_t record = first; record != SERIES_NONE; record = view->same[record]) {
		const struct snapshot_site *counters = &snapshot->sites[record];

		state.point.blocks += snapshot_live_blocks(counters);
		state.point.bytes += snapshot_live_bytes(counters);
		state.point.total_blocks += counters->total_blocks;
		if (first != record || view->same[record] != SERIES_NONE)
			add_bins(room, snapshot, record);
		state.bins = counters->bin_count ? snapshot->bins + counters->first_bin : NULL;
		state.bin_count = counters->bin_count;
	}
	if (room->count) {
		join_bins(room);
		state.bins = room->list;
		state.bin_count = room->count;
	}
	return state;
}

static void widen(struct series_state *state, struct deltas_bins *room, uint64_t from, uint64_t to)
{
	if (from == to)
		return;
	if (state->bins != room->list) {
		room->count = 0;
		for (size_t i = 0; i < state->bin_count; i++)
			deltas_push(room, state->bins[i]);
	}
	deltas_widen(room, from, to);
	state->bins = room->list;
	state->bin_count = room->count;
}

/* By site, what the heap graph says of it. */
static struct series_tally *tally_sites(const struct series *series, size_t number)
{
	struct series_tally *tallies = mem_zeroed(series->site_count + 1, sizeof *tallies);
	const struct snapshot_graph *graph = &series->snapshots[number]->graph;
	const struct view *view = &series->store->views[number];

	for (uint64_t i = 0; i < graph->verdict_count; i++)
		add_verdict(&tallies[view->site_of[graph->verdicts[i].site]], &graph->verdicts[i]);
	for (uint64_t i = 0; i < graph->fill_count; i++)
		tallies[view->site_of[graph->fills[i].site]].used += graph->fills[i].used;
	return tallies;
}

/* What has changed since the snapshot before; `tallies` are those of the last heap graph, and
 * become those of this one. */
static void add_changes(struct series *series, size_t number, struct series_tally *tallies)
{
	struct series_store *store = series->store;
	const struct snapshot *snapshot = series->snapshots[number];
	struct series_tally *graph = has_graph(snapshot) ? tally_sites(series, number) : NULL;

	for (uint32_t i = 0; i < series->site_count; i++) {
		struct series_state before = {0},
				    now = state_of(snapshot, &store->views[number], i, &store->now);

		if (number) {
			before = state_of(series->snapshots[number - 1], &store->views[number - 1],
					  i, &store->before);
			widen(&before, &store->before, store->widths[number - 1],
			      store->widths[number]);
		}
		before.graph = tallies[i];
		now.graph = tallies[i] = graph ? graph[i] : tallies[i];
		deltas_add(&store->sites[i], (uint32_t)number, &before, &now);
	}
	free(graph);
}

/* -- making a series -- */

static struct series *begin(size_t count)
{
	struct series *series = mem_zeroed(1, sizeof *series);

	series->seconds = mem_zeroed(count, sizeof *series->seconds);
	series->store = mem_zeroed(1, sizeof *series->store);
	series->store->widths = mem_zeroed(count, sizeof *series->store->widths);
	series->store->shed = mem_zeroed(count, sizeof *series->store->shed);
	series->store->views = mem_zeroed(count, sizeof *series->store->views);
	series->store->cursor_site = SERIES_NONE;
	return series;
}

/* Takes in series->snapshots[number]. */
static void add(struct series *series, size_t number, struct series_tally **tallies,
		size_t *capacity)
{
	const struct silt_process *process = &series->snapshots[number]->process;
	struct series_store *store = series->store;

	series->seconds[number] = (double)(int64_t)(run_files_time(process) -
						    series->snapshots[0]->process.start_unix_ns) /
				  1e9;
	store->widths[number] = process->generation_width ? process->generation_width : 1;
	make_view(series, number, true);
	if (*capacity < series->site_count) {
		*tallies = mem_resize(*tallies, store->capacity, sizeof **tallies);
		memset(*tallies + *capacity, 0, (store->capacity - *capacity) * sizeof **tallies);
		*capacity = store->capacity;
	}
	add_changes(series, number, *tallies);
	series->count = number + 1;
}

static int compare_snapshots(const void *a, const void *b)
{
	return run_files_compare(&(*(struct snapshot *const *)a)->process,
				 &(*(struct snapshot *const *)b)->process);
}

struct series *series_new(struct snapshot **snapshots, size_t count)
{
	struct series *series = begin(count);
	struct series_tally *tallies = NULL;
	size_t capacity = 0;

	series->snapshots = snapshots;
	if (count)
		qsort(snapshots, count, sizeof(struct snapshot *), compare_snapshots);
	for (size_t i = 0; i < count; i++)
		add(series, i, &tallies, &capacity);
	free(tallies);
	return series;
}

struct series *series_read(char *const *paths, size_t count, bool with_end,
			   struct snapshot_error *error)
{
	struct run_files *files = run_files_open(paths, count, with_end, error);
	struct series_tally *tallies = NULL;
	struct series *series;
	size_t capacity = 0, i;

	if (!files)
		return NULL;
	count = run_files_count(files);
	series = begin(count);
	series->store->from_files = true;
	series->snapshots = mem_zeroed(count, sizeof(struct snapshot *));
	for (i = 0; i < count; i++) {
		series->snapshots[i] = run_files_next(files, error);
		if (!series->snapshots[i])
			break;
		add(series, i, &tallies, &capacity);
		if (i)
			series_shed(series, i - 1);
	}
	run_files_close(files);
	spare_empty();
	free(tallies);
	if (i == count)
		return series;
	series_free(series);
	return NULL;
}

void series_free(struct series *series)
{
	struct known *known, *next;

	if (!series)
		return;
	for (size_t i = 0; i < series->site_count; i++)
		free(series->store->sites[i].bytes);
	for (size_t i = 0; i < series->count; i++) {
		free_view(&series->store->views[i]);
		snapshot_free(series->snapshots[i]);
	}
	spare_empty();
	HASH_ITER(hh, series->store->table, known, next)
	{
		HASH_DEL(series->store->table, known);
		free(known);
	}
	free(series->store->sites);
	free(series->store->site_keys);
	free(series->store->widths);
	free(series->store->shed);
	free(series->store->views);
	free(series->store->keys.nodes);
	free(series->store->keys.site_at);
	free(series->store->before.list);
	free(series->store->now.list);
	deltas_cursor_free(&series->store->walk);
	deltas_cursor_free(&series->store->cursor);
	free(series->store);
	free(series->snapshots);
	free(series->seconds);
	free(series);
}

/* -- reading back -- */

void series_walk(const struct series *series, uint32_t site, series_visit *visit, void *argument)
{
	struct series_store *store = series->store;

	deltas_rewind(&store->walk, &store->sites[site]);
	for (size_t i = 0; i < series->count; i++) {
		deltas_step(&store->walk, (uint32_t)i, store->widths[i]);
		visit(argument, i, &store->walk.state);
	}
}

void series_walk_changes(const struct series *series, uint32_t site, series_visit_change *visit,
			 void *argument)
{
	struct series_store *store = series->store;
	struct series_change change;
	uint32_t snapshot;

	deltas_rewind(&store->walk, &store->sites[site]);
	while (deltas_next_change(&store->walk, &snapshot, &change))
		visit(argument, snapshot, &change);
}

const struct series_state *series_state(const struct series *series, uint32_t site, size_t snapshot)
{
	struct series_store *store = series->store;

	if (store->cursor_site != site || store->cursor_next > snapshot + 1) {
		deltas_rewind(&store->cursor, &store->sites[site]);
		store->cursor_site = site;
		store->cursor_next = 0;
	}
	for (; store->cursor_next <= snapshot; store->cursor_next++)
		deltas_step(&store->cursor, (uint32_t)store->cursor_next,
			    store->widths[store->cursor_next]);
	return &store->cursor.state;
}

void series_points(const struct series *series, uint32_t site, struct series_point *points)
{
	for (size_t i = 0; i < series->count; i++)
		points[i] = series_state(series, site, i)->point;
}

struct series_point series_point(const struct series *series, uint32_t site, size_t snapshot)
{
	return series_state(series, site, snapshot)->point;
}

struct series_tally series_tally(const struct series *series, uint32_t site, size_t snapshot)
{
	return series_state(series, site, snapshot)->graph;
}

uint64_t series_survivors(const struct series *series, uint32_t site, size_t snapshot,
			  uint64_t first, uint64_t end)
{
	const struct series_state *state = series_state(series, site, snapshot);
	uint64_t blocks = 0;

	for (size_t i = 0; i < state->bin_count; i++) {
		const struct snapshot_bin *bin = &state->bins[i];

		if (bin->number * state->width >= first && (bin->number + 1) * state->width <= end)
			blocks += bin->blocks;
	}
	return blocks;
}

/* -- snapshots -- */

void series_shed(const struct series *series, size_t number)
{
	struct series_store *store = series->store;

	if (!store->from_files || number + 1 >= series->count || store->shed[number])
		return;
	if (store->keys.snapshot == series->snapshots[number])
		store->keys.snapshot = NULL;
	snapshot_shed(series->snapshots[number]);
	free_view(&store->views[number]);
	store->shed[number] = true;
}

const struct snapshot *series_whole(const struct series *series, size_t number)
{
	struct series same = *series;
	struct snapshot_error error;
	struct snapshot *whole;

	if (!series->store->shed[number])
		return series->snapshots[number];
	whole = snapshot_load(series->snapshots[number]->path, &error);
	if (!whole)
		return NULL;
	snapshot_replace(series->snapshots[number], whole);
	series->store->shed[number] = false;
	if (make_view(&same, number, false))
		return series->snapshots[number];
	series_shed(series, number);
	return NULL;
}

const uint32_t *series_site_of(const struct series *series, size_t number)
{
	return series->store->views[number].site_of;
}

uint32_t series_record(const struct series *series, uint32_t site, size_t number)
{
	const struct view *view = &series->store->views[number];

	return site < view->sites ? view->record_of[site] : SERIES_NONE;
}

uint32_t series_graph_before(const struct series *series, size_t end)
{
	while (end-- > 0)
		if (has_graph(series->snapshots[end]))
			return (uint32_t)end;
	return SERIES_NONE;
}

size_t series_usable(const struct series *series, size_t least)
{
	size_t end = series->count;

	while (end > least && !snapshot_shows_work(&series->snapshots[end - 1]->process))
		end--;
	return end;
}
