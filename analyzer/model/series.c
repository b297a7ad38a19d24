/*
 * A run over time: see series.h.
 * Called by commands, diagnose/.
 * Must not: judge, print.
 */
#include "model/series.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

/* A call stack by the files and addresses of its frames: the same in every snapshot, also of another process. */
struct known {
	uint64_t key;
	uint32_t site;
	UT_hash_handle hh;
};

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

static uint64_t *hash_nodes(const struct snapshot *snapshot)
{
	uint64_t *modules = mem_zeroed(snapshot->module_count + 1, sizeof *modules);
	uint64_t *nodes = mem_zeroed(snapshot->node_count + 1, sizeof *nodes);

	for (uint64_t i = 0; i < snapshot->module_count; i++)
		modules[i] = hash_text(snapshot->modules[i].path);
	for (uint64_t i = 1; i <= snapshot->node_count; i++) {
		const struct snapshot_pc *pc = &snapshot->pcs[snapshot->nodes[i].pc];
		uint64_t module = pc->module == SNAPSHOT_NO_MODULE ? 1 : modules[pc->module];

		nodes[i] = mix(mix(nodes[snapshot->nodes[i].parent], module), pc->address << 1 | pc->exact);
	}
	free(modules);
	return nodes;
}

static void add_snapshot(struct series *series, size_t number, struct known **table, size_t *capacity)
{
	const struct snapshot *snapshot = series->snapshots[number];
	uint64_t *nodes = hash_nodes(snapshot);

	series->site_of[number] = mem_zeroed(snapshot->site_count, sizeof **series->site_of);
	series->same_site[number] = mem_zeroed(snapshot->site_count, sizeof **series->same_site);
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *record = &snapshot->sites[i];
		uint64_t key = mix(nodes[record->node], record->flags & SILT_SITE_CUT ? record->depth : 0);
		struct series_site *site;
		struct known *known;

		HASH_FIND(hh, *table, &key, sizeof key, known);
		if (!known) {
			known = mem_zeroed(1, sizeof *known);
			known->key = key;
			known->site = (uint32_t)series->site_count;
			HASH_ADD(hh, *table, key, sizeof key, known);
			MEM_GROW(series->sites, series->site_count, *capacity);
			site = &series->sites[series->site_count++];
			site->points = mem_zeroed(series->count, sizeof *site->points);
			site->records = mem_alloc(series->count * sizeof *site->records);
			memset(site->records, 0xff, series->count * sizeof *site->records);
		}
		site = &series->sites[known->site];
		site->points[number].blocks += snapshot_live_blocks(record);
		site->points[number].bytes += snapshot_live_bytes(record);
		site->points[number].total_blocks += record->total_blocks;
		series->same_site[number][i] = site->records[number];
		site->records[number] = i;
		series->site_of[number][i] = known->site;
	}
	free(nodes);
}

/* The wall clock may be set while a program runs: it counts from the start of each on. */
static uint64_t time_of(const struct silt_process *process)
{
	return process->start_unix_ns + process->uptime_ns;
}

static int compare_time(const void *a, const void *b)
{
	const struct silt_process *x = &(*(struct snapshot *const *)a)->process,
				  *y = &(*(struct snapshot *const *)b)->process;

	if (time_of(x) != time_of(y))
		return time_of(x) < time_of(y) ? -1 : 1;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

struct series *series_new(struct snapshot **snapshots, size_t count)
{
	struct series *series = mem_zeroed(1, sizeof *series);
	struct known *table = NULL, *known, *next;
	size_t capacity = 0;

	series->snapshots = snapshots;
	series->count = count;
	if (count)
		qsort(snapshots, count, sizeof(struct snapshot *), compare_time);
	series->seconds = mem_zeroed(count, sizeof *series->seconds);
	series->site_of = mem_zeroed(count, sizeof(uint32_t *));
	series->same_site = mem_zeroed(count, sizeof(uint32_t *));
	for (size_t i = 0; i < count; i++) {
		const struct silt_process *process = &snapshots[i]->process;

		series->seconds[i] =
			(double)(int64_t)(time_of(process) - snapshots[0]->process.start_unix_ns) / 1e9;
		add_snapshot(series, i, &table, &capacity);
	}
	HASH_ITER(hh, table, known, next)
	{
		HASH_DEL(table, known);
		free(known);
	}
	return series;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->site_count; i++) {
		free(series->sites[i].points);
		free(series->sites[i].records);
	}
	for (size_t i = 0; i < series->count; i++) {
		free(series->site_of[i]);
		free(series->same_site[i]);
		snapshot_free(series->snapshots[i]);
	}
	free(series->snapshots);
	free(series->seconds);
	free(series->sites);
	free(series->site_of);
	free(series->same_site);
	free(series);
}

uint32_t series_graph_before(const struct series *series, size_t end)
{
	while (end-- > 0)
		if (series->snapshots[end]->graph.summary.status == SILT_GRAPH_DONE)
			return (uint32_t)end;
	return SERIES_NONE;
}

size_t series_usable(const struct series *series, size_t least)
{
	size_t end = series->count;

	while (end > least && !snapshot_shows_work(series->snapshots[end - 1]))
		end--;
	return end;
}

uint64_t series_survivors(const struct series *series, const struct series_site *site, size_t number,
			  uint64_t first, uint64_t end)
{
	const struct snapshot *snapshot = series->snapshots[number];
	uint64_t width = snapshot->process.generation_width, blocks = 0;

	for (uint32_t at = site->records[number]; at != SERIES_NONE; at = series->same_site[number][at]) {
		const struct snapshot_site *record = &snapshot->sites[at];

		for (uint32_t i = 0; i < record->bin_count; i++) {
			const struct snapshot_bin *bin = &snapshot->bins[record->first_bin + i];

			if (bin->number * width >= first && (bin->number + 1) * width <= end)
				blocks += bin->blocks;
		}
	}
	return blocks;
}
