/* model/series.c, deltas.c: the order and the times of snapshots, whatever the wall clock does
 * meanwhile; and what is kept of a run is what its snapshots said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "suites.h"
#include "util/mem.h"

#define SECOND 1000000000u

static struct snapshot *snapshot_at(uint32_t pid, uint64_t start, uint64_t uptime, uint64_t wall)
{
	struct snapshot *snapshot = mem_zeroed(1, sizeof *snapshot);

	snapshot->process.pid = pid;
	snapshot->process.start_unix_ns = start * SECOND;
	snapshot->process.uptime_ns = uptime * SECOND;
	snapshot->process.time_unix_ns = wall * SECOND;
	return snapshot;
}

static struct series *series_of(struct snapshot *a, struct snapshot *b, struct snapshot *c)
{
	struct snapshot **list = mem_zeroed(3, sizeof(struct snapshot *));

	list[0] = a;
	list[1] = b;
	list[2] = c;
	return series_new(list, 3);
}

START_TEST(clock_set_back)
{
	struct series *series =
		series_of(snapshot_at(7, 1000, 30, 400), snapshot_at(7, 1000, 10, 1010),
			  snapshot_at(7, 1000, 20, 9000));

	for (int i = 0; i < 3; i++)
		ck_assert_double_eq_tol(series->seconds[i], (i + 1) * 10, 1e-6);
	ck_assert_uint_eq(series->snapshots[2]->process.time_unix_ns, 400ul * SECOND);
	series_free(series);
}
END_TEST

START_TEST(one_after_the_other)
{
	struct series *series =
		series_of(snapshot_at(9, 1100, 5, 1105), snapshot_at(7, 1000, 10, 1010),
			  snapshot_at(8, 1050, 1, 1051));

	ck_assert_double_eq_tol(series->seconds[0], 10, 1e-6);
	ck_assert_double_eq_tol(series->seconds[1], 51, 1e-6);
	ck_assert_double_eq_tol(series->seconds[2], 105, 1e-6);
	series_free(series);
}
END_TEST

/* -- what is kept of a run -- */

#define SNAPSHOTS 40
#define NODES 30
#define MOST_BINS 6

static uint32_t dice(uint32_t below)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

/* Bins that often are those of the snapshot before, added up where generations are wider now. */
static void throw_bins(struct snapshot *snapshot, struct snapshot_site *site)
{
	uint64_t number = dice(3);

	site->first_bin = snapshot->bin_count;
	site->bin_count = dice(MOST_BINS);
	for (uint32_t i = 0; i < site->bin_count; i++, number += 1 + dice(3))
		snapshot->bins[snapshot->bin_count++] =
			(struct snapshot_bin){number, 1 + dice(5), 1 + dice(500)};
}

static void throw_site(struct snapshot *snapshot, uint32_t node)
{
	struct snapshot_site *site = &snapshot->sites[snapshot->site_count];
	struct snapshot_verdict *verdict = &snapshot->graph.verdicts[snapshot->graph.verdict_count];

	*site = (struct snapshot_site){.node = node,
				       .total_blocks = 1000 + dice(3),
				       .freed_blocks = dice(1000),
				       .total_bytes = UINT64_MAX - dice(9),
				       .freed_bytes = UINT64_MAX / (1 + dice(9)) - 9};
	throw_bins(snapshot, site);
	if (dice(3)) {
		verdict->site = (uint32_t)snapshot->site_count;
		for (int i = 0; i < SILT_VERDICTS; i++)
			verdict->blocks[i] = verdict->bytes[i] = dice(4);
		verdict->old_blocks = dice(100);
		verdict->old_bytes = dice(100);
		snapshot->graph.verdict_count++;
	}
	snapshot->site_count++;
}

/* Sites come and go; nodes 7 and 8 are the same call stack; every third snapshot has a graph. */
static struct snapshot *throw_snapshot(uint32_t number)
{
	struct snapshot *snapshot = snapshot_at(7, 1000, number + 1, 1000);

	snapshot->process.generation_width = number < 10   ? 1
					     : number < 20 ? 2
					     : number < 30 ? 8
							   : 3;
	snapshot->module_count = snapshot->pc_count = 1;
	snapshot->modules = mem_zeroed(1, sizeof *snapshot->modules);
	snapshot->modules[0].path = mem_string("/program");
	snapshot->pcs = mem_zeroed(NODES + 1, sizeof *snapshot->pcs);
	snapshot->pc_count = NODES;
	snapshot->node_count = number < 5 ? NODES / 2 : NODES;
	snapshot->nodes = mem_zeroed(NODES + 1, sizeof *snapshot->nodes);
	snapshot->sites = mem_zeroed(NODES, sizeof *snapshot->sites);
	snapshot->bins = mem_zeroed(NODES * MOST_BINS, sizeof *snapshot->bins);
	snapshot->graph.verdicts = mem_zeroed(NODES, sizeof *snapshot->graph.verdicts);
	snapshot->graph.summary.status = number % 3 == 0 ? SILT_GRAPH_DONE : SILT_GRAPH_NONE;
	for (uint32_t i = 1; i <= NODES; i++) {
		snapshot->pcs[i - 1].address = i == 8 ? 7 : number == 33 ? i + 1000 : i;
		snapshot->nodes[i].pc = i - 1;
	}
	for (uint32_t i = 1; i <= snapshot->node_count; i++)
		if (dice(10))
			throw_site(snapshot, i);
	return snapshot;
}

static const struct series_state nothing = {.present = false};

/* What a site is at a snapshot, from the snapshot itself. */
static struct series_state expected(const struct series *series, uint32_t site, size_t number,
				    uint64_t blocks_by_bin[64])
{
	const struct snapshot *snapshot = series->snapshots[number];
	struct series_state state = nothing;

	memset(blocks_by_bin, 0, 64 * sizeof *blocks_by_bin);
	for (uint64_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *record = &snapshot->sites[i];

		if (series_site_of(series, number)[i] != site)
			continue;
		state.present = true;
		state.point.blocks += snapshot_live_blocks(record);
		state.point.bytes += snapshot_live_bytes(record);
		state.point.total_blocks += record->total_blocks;
		for (uint32_t b = 0; b < record->bin_count; b++)
			blocks_by_bin[snapshot->bins[record->first_bin + b].number] +=
				snapshot->bins[record->first_bin + b].blocks;
		for (uint64_t v = 0; v < snapshot->graph.verdict_count; v++) {
			const struct snapshot_verdict *verdict = &snapshot->graph.verdicts[v];

			if (verdict->site != i)
				continue;
			state.graph.old_blocks += verdict->old_blocks;
			state.graph.lost_blocks += verdict->blocks[SILT_LOST_DIRECT] +
						   verdict->blocks[SILT_LOST_INDIRECT] +
						   verdict->blocks[SILT_LOST_CYCLE];
		}
	}
	return state;
}

static void compare_state(void *argument, size_t number, const struct series_state *state)
{
	const struct series *series = ((void **)argument)[0];
	uint32_t site = *(uint32_t *)((void **)argument)[1];
	uint64_t blocks[64], seen = 0, all = 0;
	struct series_state wanted = expected(series, site, number, blocks);

	ck_assert_int_eq(state->present, wanted.present);
	ck_assert_uint_eq(state->point.blocks, wanted.point.blocks);
	ck_assert_uint_eq(state->point.bytes, wanted.point.bytes);
	ck_assert_uint_eq(state->point.total_blocks, wanted.point.total_blocks);
	if (number % 3 == 0) {
		ck_assert_uint_eq(state->graph.old_blocks, wanted.graph.old_blocks);
		ck_assert_uint_eq(state->graph.lost_blocks, wanted.graph.lost_blocks);
	}
	for (size_t i = 0; i < state->bin_count; i++) {
		ck_assert_uint_eq(state->bins[i].blocks, blocks[state->bins[i].number]);
		seen += state->bins[i].blocks;
	}
	for (size_t i = 0; i < 64; i++)
		all += blocks[i];
	ck_assert_uint_eq(seen, all);
	ck_assert_uint_eq(series_survivors(series, site, number, 0, UINT64_MAX), all);
}

/* Live blocks of a site, and the sum of its bins, as changes have them. */
struct changing {
	uint64_t blocks[SNAPSHOTS], survivors[SNAPSHOTS];
};

static void add_change(void *argument, size_t number, const struct series_change *change)
{
	struct changing *changing = argument;

	changing->blocks[number] = change->point.blocks;
	for (size_t i = 0; i < change->bin_count; i++) {
		ck_assert(i == 0 || change->bins[i].number > change->bins[i - 1].number);
		changing->survivors[number] += change->bins[i].blocks;
	}
}

static void compare_changes(const struct series *series, uint32_t site)
{
	struct changing changing = {.blocks = {0}};

	series_walk_changes(series, site, add_change, &changing);
	for (size_t i = 0; i < SNAPSHOTS; i++) {
		if (i) {
			changing.blocks[i] += changing.blocks[i - 1];
			/* to a width that is no multiple nothing is left */
			if (series->snapshots[i]->process.generation_width %
				    series->snapshots[i - 1]->process.generation_width ==
			    0)
				changing.survivors[i] += changing.survivors[i - 1];
		}
		ck_assert_uint_eq(changing.blocks[i], series_point(series, site, i).blocks);
		ck_assert_uint_eq(changing.survivors[i],
				  series_survivors(series, site, i, 0, UINT64_MAX));
	}
}

START_TEST(kept_whole)
{
	struct snapshot **list = mem_zeroed(SNAPSHOTS, sizeof(struct snapshot *));
	struct series *series;
	struct series_point points[SNAPSHOTS];

	for (uint32_t i = 0; i < SNAPSHOTS; i++)
		list[i] = throw_snapshot(i);
	series = series_new(list, SNAPSHOTS);
	ck_assert_uint_ge(series->site_count, NODES - 1 + NODES / 2);
	for (uint32_t site = 0; site < series->site_count; site++) {
		series_walk(series, site, compare_state, (void *[]){series, &site});
		series_points(series, site, points);
		compare_changes(series, site);
		for (size_t i = SNAPSHOTS; i-- > 0;) /* backwards, too */
			ck_assert_uint_eq(series_point(series, site, i).blocks, points[i].blocks);
	}
	series_free(series);
}
END_TEST

static uint64_t made(uint64_t born)
{
	return 10 + born % 3;
}

static uint64_t left(uint64_t born, uint64_t now)
{
	return now - born < 4 ? made(born) : made(born) / 2;
}

static uint64_t lost(uint64_t born, uint64_t now)
{
	return now - born < 4 ? 0 : left(born, now);
}

/* Files read as a stream are as snapshots that are all there; the rest of a snapshot comes back
 * when asked for. */
START_TEST(read_as_a_stream)
{
	char directory[] = "/tmp/silt-unit.XXXXXX", paths[SNAPSHOTS * 3][64], *list[SNAPSHOTS * 3];
	const struct history history = {
		.sites = {{.size = 40, .made = made, .left = left, .lost = lost},
			  {.size = 8, .made = made, .left = left}},
		.site_count = 2,
		.step = 1,
		.count = sizeof list / sizeof list[0],
		.graph = true};
	struct series *whole = history_series(&history), *streamed;
	struct snapshot_error error;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	history_write(&history, directory);
	for (size_t i = 0; i < history.count; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%04zu.silt", directory,
			 history.count - i); /* backwards */
		list[i] = paths[i];
	}
	streamed = series_read(list, history.count, true, &error);
	ck_assert_msg(streamed != NULL, "%s", error.text);
	ck_assert_uint_eq(streamed->count, whole->count);
	ck_assert_uint_eq(streamed->site_count, whole->site_count);
	ck_assert_uint_eq(streamed->snapshots[0]->site_count, 0);
	ck_assert_uint_gt(streamed->snapshots[history.count - 1]->site_count, 0);
	for (uint32_t site = 0; site < whole->site_count; site++)
		for (size_t i = 0; i < whole->count; i++) {
			ck_assert_double_eq(streamed->seconds[i], whole->seconds[i]);
			ck_assert_uint_eq(series_point(streamed, site, i).bytes,
					  series_point(whole, site, i).bytes);
			ck_assert_uint_eq(series_tally(streamed, site, i).old_blocks,
					  series_tally(whole, site, i).old_blocks);
			ck_assert_uint_eq(series_survivors(streamed, site, i, 0, i),
					  series_survivors(whole, site, i, 0, i));
		}
	ck_assert_ptr_nonnull(series_whole(streamed, 3));
	ck_assert_uint_eq(streamed->snapshots[3]->site_count, whole->snapshots[3]->site_count);
	ck_assert_uint_eq(streamed->snapshots[3]->graph.path_count,
			  whole->snapshots[3]->graph.path_count);
	ck_assert_uint_eq(series_record(streamed, 1, 3), series_record(whole, 1, 3));
	for (size_t i = 0; i < history.count; i++)
		unlink(paths[i]);
	ck_assert_ptr_null(series_whole(streamed, 4)); /* its file is gone */
	ck_assert_ptr_nonnull(series_whole(streamed, history.count - 1));
	ck_assert_ptr_null(series_read(list, history.count, true, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
	rmdir(directory);
	series_free(whole);
	series_free(streamed);
}
END_TEST

/* Files that another process has written meanwhile, with call stacks that the run did not have. */
START_TEST(files_that_changed_are_gone)
{
	char directory[] = "/tmp/silt-unit.XXXXXX", paths[2][64], *list[2];
	struct history history = {.sites = {{.size = 40, .made = made, .left = left},
					    {.size = 8, .made = made, .left = left},
					    {.size = 16, .made = made, .left = left}},
				  .site_count = 1,
				  .step = 1,
				  .count = 2};
	struct series *series;
	struct snapshot_error error;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	history_write(&history, directory);
	for (size_t i = 0; i < history.count; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%04zu.silt", directory, i + 1);
		list[i] = paths[i];
	}
	series = series_read(list, history.count, true, &error);
	ck_assert_msg(series != NULL, "%s", error.text);
	ck_assert_uint_eq(series->site_count, 1);
	history.site_count = 3;
	history_write(&history, directory);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_null(series_whole(series, 0));
	history.site_count = 1;
	history_write(&history, directory);
	ck_assert_ptr_nonnull(series_whole(series, 0));
	for (size_t i = 0; i < history.count; i++)
		unlink(paths[i]);
	rmdir(directory);
	series_free(series);
}
END_TEST

Suite *series_suite(void)
{
	return suite_of("series", (const TTest *const[]){clock_set_back, one_after_the_other,
							 kept_whole, read_as_a_stream,
							 files_that_changed_are_gone, NULL});
}
