/* A run over time: see series.h. */
#include "model/series.h"

#include <stdlib.h>
#include <string.h>

#include "load/run_files.h"
#include "model/deltas.h"
#include "model/site_numbers.h"
#include "model/site_state.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/spare.h"

struct series_store {
	struct site_numbers numbers;
	/* by snapshot */
	struct site_view *views;
	/* by site: its states, and what the last heap graph so far shows of it */
	struct deltas *sites;
	struct series_tally *tallies;
	/* number of elements that `sites` and `tallies` have room for */
	size_t capacity;
	/* by snapshot: generations in each bin */
	uint64_t *widths;
	/* the snapshots are read from files: the rest of one can be read again */
	bool from_files;
	/* by snapshot: only its small parts are in memory */
	bool *shed;
	/* bins of sites that have several records in a snapshot */
	struct deltas_bins before, now;
	/* of series_walk() and series_walk_changes() */
	struct deltas_cursor walk;
	/* of series_state() and the functions built on it: the site, and the next snapshot */
	struct deltas_cursor cursor;
	uint32_t cursor_site;
	size_t cursor_next;
};

/* -- making a series -- */

/* Makes room for the sites of a snapshot that no snapshot before had. */
static void grow_sites(struct series *series)
{
	struct series_store *store = series->store;
	size_t count = store->numbers.count, capacity = store->capacity;

	if (count > capacity) {
		capacity = count > capacity * 2 ? count : capacity * 2;
		store->sites = mem_resize(store->sites, capacity, sizeof *store->sites);
		store->tallies = mem_resize(store->tallies, capacity, sizeof *store->tallies);
		store->capacity = capacity;
	}
	for (size_t i = series->site_count; i < count; i++) {
		store->sites[i] = (struct deltas){0};
		store->tallies[i] = (struct series_tally){0};
	}
	series->site_count = count;
}

/* Stores what has changed since the snapshot before. */
static void add_changes(struct series *series, size_t number)
{
	struct series_store *store = series->store;
	const struct snapshot *snapshot = series->snapshots[number];
	const struct site_view *view = &store->views[number];
	struct series_tally *graph =
		site_state_has_graph(snapshot)
			? site_state_tallies(snapshot, view, series->site_count)
			: NULL;

	for (uint32_t i = 0; i < series->site_count; i++) {
		struct series_state before = {0},
				    now = site_state_at(snapshot, view, i, &store->now);

		if (number) {
			before = site_state_at(series->snapshots[number - 1], view - 1, i,
					       &store->before);
			site_state_widen(&before, &store->before, store->widths[number - 1],
					 store->widths[number]);
		}
		before.graph = store->tallies[i];
		if (graph)
			store->tallies[i] = graph[i];
		now.graph = store->tallies[i];
		deltas_add(&store->sites[i], (uint32_t)number, &before, &now);
	}
	free(graph);
}

/* Makes a series with room for `count` snapshots, and without any. */
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

/* Stores what series->snapshots[number] says. */
static void add(struct series *series, size_t number)
{
	const struct snapshot *snapshot = series->snapshots[number];
	struct series_store *store = series->store;
	uint64_t start = series->snapshots[0]->process.start_unix_ns,
		 width = snapshot->process.generation_width;

	series->seconds[number] =
		(double)(int64_t)(run_files_time(&snapshot->process) - start) / 1e9;
	store->widths[number] = width ? width : 1;
	site_numbers_view(&store->numbers, snapshot, true, &store->views[number]);
	grow_sites(series);
	add_changes(series, number);
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

	series->snapshots = snapshots;
	if (count)
		qsort(snapshots, count, sizeof(struct snapshot *), compare_snapshots);
	for (size_t i = 0; i < count; i++)
		add(series, i);
	return series;
}

struct series *series_read(char *const *paths, size_t count, bool with_end,
			   struct snapshot_error *error)
{
	struct run_files *files = run_files_open(paths, count, with_end, error);
	struct series *series;
	size_t i;

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
		add(series, i);
		if (i)
			series_shed(series, i - 1);
	}
	run_files_close(files);
	spare_empty();
	if (i == count)
		return series;
	series_free(series);
	return NULL;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->site_count; i++)
		free(series->store->sites[i].bytes);
	for (size_t i = 0; i < series->count; i++) {
		site_view_free(&series->store->views[i]);
		snapshot_free(series->snapshots[i]);
	}
	spare_empty();
	site_numbers_free(&series->store->numbers);
	free(series->store->sites);
	free(series->store->tallies);
	free(series->store->widths);
	free(series->store->shed);
	free(series->store->views);
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
	site_numbers_forget(&store->numbers, series->snapshots[number]);
	snapshot_shed(series->snapshots[number]);
	site_view_free(&store->views[number]);
	store->shed[number] = true;
}

const struct snapshot *series_whole(const struct series *series, size_t number)
{
	struct series_store *store = series->store;
	struct snapshot *snapshot = series->snapshots[number], *whole;
	struct snapshot_error error;

	if (!store->shed[number])
		return snapshot;
	whole = snapshot_load(snapshot->path, &error);
	if (!whole)
		return NULL;
	snapshot_replace(snapshot, whole);
	store->shed[number] = false;
	/* a file with unknown call stacks is not the file that the series was read from */
	if (site_numbers_view(&store->numbers, snapshot, false, &store->views[number]))
		return snapshot;
	series_shed(series, number);
	return NULL;
}

const uint32_t *series_site_of(const struct series *series, size_t number)
{
	return series->store->views[number].site_of;
}

uint32_t series_record(const struct series *series, uint32_t site, size_t number)
{
	return site_view_record(&series->store->views[number], site);
}

uint32_t series_graph_before(const struct series *series, size_t end)
{
	while (end-- > 0)
		if (site_state_has_graph(series->snapshots[end]))
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
