/* Makes the parts of a program that are judged: see parts.h. */
#include "diagnose/parts.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/parts_division.h"
#include "load/snapshot.h"
#include "model/deltas.h"
#include "symbolize/frame.h"
#include "util/mem.h"

#define OLD_AGE 6	/* intervals: most blocks that serve a request are freed by then */
#define OLD_SHARE 6	/* the oldest age is this part of the judged time */
#define AGE_INTERVALS 2 /* an age is used if at least twice as many intervals are judged */

/* -- figures of parts -- */

double parts_growth(const struct parts *parts, const struct series_point *points, bool bytes)
{
	const struct series_point *first = &points[parts->start], *last = &points[parts->end - 1];

	return bytes ? (double)last->bytes - (double)first->bytes
		     : (double)last->blocks - (double)first->blocks;
}

static void make_arrays(struct parts *parts, struct part *part)
{
	size_t count = parts->series->count;

	part->points = mem_zeroed(count, sizeof *part->points);
	part->old_bytes = mem_zeroed(count, sizeof *part->old_bytes);
	for (size_t a = 0; a < parts->age_count; a++)
		part->old[a] = mem_zeroed(count, sizeof *part->old[a]);
}

static void free_arrays(struct part *part)
{
	free(part->sites);
	free(part->points);
	free(part->left.list);
	free(part->old_bytes);
	for (size_t a = 0; a < PARTS_AGES; a++)
		free(part->old[a]);
}

static int compare_sites(const void *a, const void *b, void *argument)
{
	const double *growth = argument; /* by site */
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double i = growth[x], j = growth[y];

	if (i != j)
		return i < j ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* The generations that a snapshot's bins are compared with. */
struct bounds {
	/* born before: so old */
	uint64_t old[PARTS_AGES];
	uint64_t born,
		/* born in [born, half): in the first half, and so old at its end */
		half[PARTS_AGES];
	/* PARTS_MOMENTS: not a moment */
	size_t moment;
	/* born before */
	uint64_t births[PARTS_BIRTHS];
};

static void add_bin(const struct parts *parts, struct part *part, size_t snapshot,
		    const struct bounds *bounds, const struct snapshot_bin *bin, uint64_t width)
{
	size_t middle = parts->start + (parts->end - parts->start) / 2;
	uint64_t first = bin->number * width, end = first + width;

	for (size_t a = 0; a < parts->age_count; a++) {
		if (end <= bounds->old[a])
			part->old[a][snapshot] += (double)bin->blocks;
		if (first < bounds->born || end > bounds->half[a])
			continue;
		if (snapshot == middle)
			part->before[a] += (double)bin->blocks;
		if (snapshot == parts->end - 1)
			part->after[a] += (double)bin->blocks;
	}
	if (end <= bounds->old[0])
		part->old_bytes[snapshot] += (double)bin->bytes;
	for (size_t b = 0; b < PARTS_BIRTHS && bounds->moment < PARTS_MOMENTS; b++) {
		if (end > bounds->births[b])
			continue;
		part->born[bounds->moment][b] += (double)bin->blocks;
		break;
	}
}

/* Returns the moment at which blocks are counted by birth that this snapshot is; PARTS_MOMENTS:
 * none. */
static size_t moment_of(const struct parts *parts, size_t snapshot)
{
	if (snapshot == parts->end - 1)
		return 1;
	return snapshot == parts->start + (parts->end - 1 - parts->start) * 2 / 3 ? 0
										  : PARTS_MOMENTS;
}

static struct bounds bounds_at(const struct parts *parts, size_t number)
{
	struct snapshot *const *snapshots = parts->series->snapshots;
	uint64_t width = snapshots[parts->end - 1]->process.generation_width,
		 now = snapshots[number]->process.generation,
		 born = snapshots[parts->start]->process.generation,
		 middle = snapshots[parts->start + (parts->end - parts->start) / 2]
				  ->process.generation;
	struct bounds bounds = {.moment = moment_of(parts, number)};

	/* widths are powers of two, so all snapshots count the same generations */
	bounds.born = (born + width - 1) / width * width;
	for (size_t a = 0; a < parts->age_count; a++) {
		uint64_t age = parts->ages[a];

		bounds.old[a] = now > age ? now - age : 0;
		bounds.half[a] = middle > age + 1 ? (middle - age - 1) / width * width : 0;
	}
	/* a bin across a limit counts as later */
	for (size_t b = 0; b < PARTS_BIRTHS; b++)
		bounds.births[b] =
			(snapshots[parts->sixths[b]]->process.generation + 1) / width * width;
	return bounds;
}

#define JOIN_LEAST 1024 /* bins, at least, before they are sorted */

/* Merges entries of one generation. */
static void join_bins(struct parts_bins *bins)
{
	if (bins->count != bins->joined)
		bins->count = bins->joined = deltas_join(bins->list, bins->count);
}

/* Merges them whenever their number has doubled, because entries of many call stacks would be
 * many. */
static void add_to_bins(struct parts_bins *bins, const struct snapshot_bin *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		MEM_GROW(bins->list, bins->count, bins->capacity);
		bins->list[bins->count++] = list[i];
	}
	if (bins->count >= JOIN_LEAST && bins->count >= 2 * bins->joined)
		join_bins(bins);
}

/* Sums up a part's sites: the changes at each snapshot are summed up first, so that what many
 * call stacks of one line keep is examined once. */
struct summing {
	const struct parts *parts;
	struct part *part;
	/* by snapshot */
	const struct bounds *bounds;
	/* by snapshot: how the part's bins change */
	struct parts_bins *changes;
	/* bytes of the current site */
	double growth;
};

static void add_point(struct series_point *sum, const struct series_point *point)
{
	sum->blocks += point->blocks;
	sum->bytes += point->bytes;
	sum->total_blocks += point->total_blocks;
}

static void add_change(void *argument, size_t snapshot, const struct series_change *change)
{
	struct summing *summing = argument;
	const struct parts *parts = summing->parts;

	add_point(&summing->part->points[snapshot], &change->point);
	add_to_bins(&summing->changes[snapshot], change->bins, change->bin_count);
	if (snapshot > parts->start && snapshot < parts->end)
		summing->growth += (double)(int64_t)change->point.bytes;
}

/* Applies changes to bins; both are in ascending order. */
static void apply(struct deltas_bins *now, struct deltas_bins *room,
		  const struct parts_bins *changes)
{
	struct deltas_bins before = *now;
	size_t i = 0;

	room->count = 0;
	for (size_t j = 0; j < changes->count; j++) {
		struct snapshot_bin bin = changes->list[j];

		while (i < before.count && before.list[i].number < bin.number)
			deltas_push(room, before.list[i++]);
		if (i < before.count && before.list[i].number == bin.number) {
			bin.blocks += before.list[i].blocks;
			bin.bytes += before.list[i++].bytes;
		}
		if (bin.blocks || bin.bytes)
			deltas_push(room, bin);
	}
	while (i < before.count)
		deltas_push(room, before.list[i++]);
	*now = *room;
	*room = before;
}

/* Turns changes into the state at each snapshot. */
static void replay(struct summing *summing, struct deltas_bins *now, struct deltas_bins *room)
{
	const struct parts *parts = summing->parts;
	struct snapshot *const *snapshots = parts->series->snapshots;
	struct part *part = summing->part;
	uint64_t width = snapshots[0]->process.generation_width, before = width;

	now->count = 0;
	for (size_t i = 1; i < parts->series->count; i++)
		add_point(&part->points[i], &part->points[i - 1]);
	for (size_t i = 0; i < parts->series->count; i++, before = width) {
		width = snapshots[i]->process.generation_width;
		deltas_widen(now, before, width);
		join_bins(&summing->changes[i]);
		if (summing->changes[i].count)
			apply(now, room, &summing->changes[i]);
		summing->changes[i].count = summing->changes[i].joined = 0;
		for (size_t b = 0; b < now->count && i >= parts->start && i < parts->end; b++)
			add_bin(parts, part, i, &summing->bounds[i], &now->list[b], width);
		if (i == parts->end - 1)
			add_to_bins(&part->left, now->list, now->count);
	}
}

static void make_room(struct parts *parts)
{
	size_t *count = mem_zeroed(parts->count, sizeof *count);

	for (uint32_t i = 0; i < parts->series->site_count; i++)
		if (parts->part_of[i] != PARTS_NONE)
			count[parts->part_of[i]]++;
	for (size_t p = 0; p < parts->count; p++) {
		make_arrays(parts, &parts->list[p]);
		parts->list[p].sites = mem_alloc((count[p] + 1) * sizeof *parts->list[p].sites);
	}
	free(count);
}

static void list_sites(struct parts *parts)
{
	for (uint32_t i = 0; i < parts->series->site_count; i++) {
		struct part *part =
			parts->part_of[i] == PARTS_NONE ? NULL : &parts->list[parts->part_of[i]];

		if (part)
			part->sites[part->site_count++] = i;
	}
}

static void sum_sites(struct parts *parts)
{
	const struct series *series = parts->series;
	struct bounds *bounds = mem_zeroed(series->count, sizeof *bounds);
	struct summing summing = {.parts = parts, .bounds = bounds};
	struct deltas_bins now = {0}, room = {0};
	double *growth = mem_zeroed(series->site_count, sizeof *growth);

	for (size_t i = parts->start; i < parts->end; i++)
		bounds[i] = bounds_at(parts, i);
	summing.changes = mem_zeroed(series->count, sizeof *summing.changes);
	for (size_t p = 0; p < parts->count; p++) {
		struct part *part = summing.part = &parts->list[p];

		for (size_t i = 0; i < part->site_count; i++) {
			summing.growth = 0;
			series_walk_changes(series, part->sites[i], add_change, &summing);
			growth[part->sites[i]] = summing.growth;
		}
		replay(&summing, &now, &room);
		if (part->site_count > 1)
			qsort_r(part->sites, part->site_count, sizeof(uint32_t), compare_sites,
				growth);
	}
	for (size_t i = 0; i < series->count; i++)
		free(summing.changes[i].list);
	free(summing.changes);
	free(now.list);
	free(room.list);
	free(bounds);
	free(growth);
}

/* Chooses the ages: one interval, many intervals, a share of the whole time. */
static void choose_ages(struct parts *parts)
{
	struct snapshot *const *snapshots = parts->series->snapshots;
	uint64_t intervals = snapshots[parts->end - 1]->process.generation -
			     snapshots[parts->start]->process.generation;
	uint64_t ages[PARTS_AGES] = {0, intervals / OLD_SHARE, OLD_AGE};

	if (ages[1] > ages[2]) {
		ages[1] = OLD_AGE;
		ages[2] = intervals / OLD_SHARE;
	}
	for (size_t a = 0; a < PARTS_AGES; a++)
		if (a == 0 || (ages[a] > parts->ages[parts->age_count - 1] + 1 &&
			       intervals >= AGE_INTERVALS * ages[a]))
			parts->ages[parts->age_count++] = ages[a];
}

struct parts *parts_new(const struct series *series, const struct axes *axes,
			const struct profile *last, enum parts_level level, const bool *among)
{
	struct parts *parts = mem_zeroed(1, sizeof *parts);

	parts->series = series;
	parts->start = axes->start;
	parts->end = axes->end;
	axes_sixths(axes, parts->sixths);
	parts->part_of = mem_zeroed(series->site_count, sizeof *parts->part_of);
	choose_ages(parts);
	parts_divide(parts, last, level, among);
	make_room(parts);
	list_sites(parts);
	sum_sites(parts);
	return parts;
}

void parts_free(struct parts *parts)
{
	if (!parts)
		return;
	for (size_t p = 0; p < parts->count; p++)
		free_arrays(&parts->list[p]);
	free(parts->list);
	free(parts->part_of);
	free(parts);
}

/* Subtracts a site from a part. Sums may wrap around in between. */
static void subtract_site(const struct parts *parts, struct part *part, uint32_t site)
{
	const struct series *series = parts->series;
	const struct series_state *state;

	for (size_t i = 0; i < series->count; i++) {
		struct series_point point = series_point(series, site, i);

		part->points[i].blocks -= point.blocks;
		part->points[i].bytes -= point.bytes;
		part->points[i].total_blocks -= point.total_blocks;
	}
	state = series_state(series, site, parts->end - 1);
	for (size_t i = 0; i < state->bin_count; i++) {
		struct snapshot_bin gone = {state->bins[i].number, -state->bins[i].blocks,
					    -state->bins[i].bytes};

		add_to_bins(&part->left, &gone, 1);
	}
}

/* Leaves a part only the sites that are still its own. */
static void drop_taken(struct parts *parts, uint32_t number)
{
	struct part *part = &parts->list[number];
	size_t left = 0;

	for (size_t i = 0; i < part->site_count; i++)
		if (parts->part_of[part->sites[i]] == number)
			part->sites[left++] = part->sites[i];
	part->site_count = left;
}

uint32_t parts_take(struct parts *parts, struct parts *others, uint32_t number)
{
	uint32_t new = (uint32_t)parts->count;
	struct part *taken;

	MEM_GROW(parts->list, parts->count, parts->capacity);
	taken = &parts->list[parts->count++];
	*taken = others->list[number];
	others->list[number] = (struct part){0};
	for (size_t i = 0; i < taken->site_count; i++) {
		uint32_t site = taken->sites[i];

		subtract_site(parts, &parts->list[parts->part_of[site]], site);
		parts->part_of[site] = new;
	}
	for (uint32_t p = 0; p < new; p++)
		drop_taken(parts, p);
	return new;
}

uint64_t parts_survivors(const struct parts *parts, uint32_t number, uint64_t first, uint64_t end)
{
	const struct part *part = &parts->list[number];
	uint64_t width = parts->series->snapshots[parts->end - 1]->process.generation_width,
		 blocks = 0;

	for (size_t i = 0; i < part->left.count; i++)
		if (part->left.list[i].number * width >= first &&
		    (part->left.list[i].number + 1) * width <= end)
			blocks += part->left.list[i].blocks;
	return blocks;
}
