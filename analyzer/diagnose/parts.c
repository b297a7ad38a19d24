/*
 * The parts of a program that are judged: see parts.h.
 * Called by diagnose/.
 * Must not: judge.
 */
#include "diagnose/parts.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "util/mem.h"

#define OLD_AGE 6	/* intervals: most of what serves a request is gone by then */
#define OLD_SHARE 6	/* the oldest age is this part of what is judged */
#define AGE_INTERVALS 2 /* an age is of use where at least twice as many intervals are judged */

/* -- which sites are one part -- */

struct known {
	uint64_t key;
	uint32_t part;
	UT_hash_handle hh;
};

#define HASH_START 0xcbf29ce484222325u

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

/* A line may be inlined in several places; without lines a call is known by its address. */
static uint64_t hash_frame(uint64_t hash, const struct frame *frame)
{
	if (frame->file)
		return mix(hash_text(hash, frame->file), frame->line);
	return mix(frame->module_path ? hash_text(hash, frame->module_path) : hash, frame->address);
}

static bool same_function(const struct frame *a, const struct frame *b)
{
	if (a->function && b->function)
		return strcmp(a->function, b->function) == 0;
	return !a->function && !b->function && a->module_path == b->module_path && a->address == b->address;
}

static uint64_t hash_function(const struct frame *frame)
{
	uint64_t key = frame->module_path ? hash_text(HASH_START, frame->module_path) : HASH_START;

	return frame->function ? hash_text(key, frame->function) : mix(key, frame->address);
}

static uint64_t key_of(const struct profile_site *site, enum parts_level level, uint32_t number)
{
	const struct frame *blamed = site->frames[site->blamed];
	uint64_t key = hash_frame(HASH_START, blamed);
	uint32_t caller = site->blamed + 1;

	if (level == PARTS_FUNCTION)
		return hash_function(blamed);
	if (level == PARTS_STACK)
		return mix(key, number);
	if (level == PARTS_LINE)
		return key;
	while (caller < site->frame_count && same_function(site->frames[caller], blamed))
		caller++;
	return caller < site->frame_count ? mix(hash_frame(key, site->frames[caller]), 1) : key;
}

static struct part *part_with(struct parts *parts, struct known **table, uint64_t key, uint32_t *number)
{
	struct known *known;

	HASH_FIND(hh, *table, &key, sizeof key, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->key = key;
		known->part = (uint32_t)parts->count;
		HASH_ADD(hh, *table, key, sizeof key, known);
		MEM_GROW(parts->list, parts->count, parts->capacity);
		parts->list[parts->count++] = (struct part){0};
	}
	*number = known->part;
	return &parts->list[known->part];
}

static void divide(struct parts *parts, const struct profile *last, enum parts_level level, const bool *among)
{
	const struct series *series = parts->series;
	struct known *table = NULL, *known, *next;

	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series->sites[i].records[parts->end - 1];
		uint64_t key;

		parts->part_of[i] = PARTS_NONE;
		if (among && !among[i])
			continue;
		/* A site that the last snapshot does not have is by itself. */
		key = level == PARTS_ALL      ? 0
		      : record == SERIES_NONE ? mix(i, PARTS_NONE)
					      : key_of(&last->sites[record], level, i);
		part_with(parts, &table, key, &parts->part_of[i])->level = level;
	}
	HASH_ITER(hh, table, known, next)
	{
		HASH_DEL(table, known);
		free(known);
	}
}

/* -- their figures -- */

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
	free(part->old_bytes);
	for (size_t a = 0; a < PARTS_AGES; a++)
		free(part->old[a]);
}

static int compare_sites(const void *a, const void *b, void *argument)
{
	const struct parts *parts = argument;
	const struct series_site *sites = parts->series->sites;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double i = parts_growth(parts, sites[x].points, true), j = parts_growth(parts, sites[y].points, true);

	if (i != j)
		return i < j ? 1 : -1;
	return x < y ? -1 : x > y;
}

static void add_points(struct series_point *sum, const struct series_point *points, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sum[i].blocks += points[i].blocks;
		sum[i].bytes += points[i].bytes;
		sum[i].total_blocks += points[i].total_blocks;
	}
}

static void sum_points(struct parts *parts)
{
	const struct series *series = parts->series;
	size_t *count = mem_zeroed(parts->count, sizeof *count);

	for (uint32_t i = 0; i < series->site_count; i++)
		if (parts->part_of[i] != PARTS_NONE)
			count[parts->part_of[i]]++;
	for (size_t p = 0; p < parts->count; p++) {
		make_arrays(parts, &parts->list[p]);
		parts->list[p].sites = mem_alloc((count[p] + 1) * sizeof *parts->list[p].sites);
	}
	free(count);
	for (uint32_t i = 0; i < series->site_count; i++) {
		struct part *part;

		if (parts->part_of[i] == PARTS_NONE)
			continue;
		part = &parts->list[parts->part_of[i]];
		part->sites[part->site_count++] = i;
		add_points(part->points, series->sites[i].points, series->count);
		add_points(parts->whole.points, series->sites[i].points, series->count);
	}
	for (size_t p = 0; p < parts->count; p++)
		if (parts->list[p].site_count > 1)
			qsort_r(parts->list[p].sites, parts->list[p].site_count, sizeof(uint32_t),
				compare_sites, parts);
}

/* Generations that a snapshot is looked at by. */
struct bounds {
	uint64_t old[PARTS_AGES]; /* born before: that old */
	uint64_t born,
		half[PARTS_AGES]; /* born from, to before: in the first half, and that old at its end */
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
}

static struct bounds bounds_at(const struct parts *parts, size_t number)
{
	struct snapshot *const *snapshots = parts->series->snapshots;
	uint64_t width = snapshots[parts->end - 1]->process.generation_width,
		 now = snapshots[number]->process.generation,
		 born = snapshots[parts->start]->process.generation,
		 middle = snapshots[parts->start + (parts->end - parts->start) / 2]->process.generation;
	struct bounds bounds;

	/* widths are powers of two: so all snapshots count the same generations */
	bounds.born = (born + width - 1) / width * width;
	for (size_t a = 0; a < parts->age_count; a++) {
		uint64_t age = parts->ages[a];

		bounds.old[a] = now > age ? now - age : 0;
		bounds.half[a] = middle > age + 1 ? (middle - age - 1) / width * width : 0;
	}
	return bounds;
}

static void count_survivors(struct parts *parts, size_t number)
{
	const struct snapshot *snapshot = parts->series->snapshots[number];
	const uint32_t *site_of = parts->series->site_of[number];
	struct bounds bounds = bounds_at(parts, number);

	for (uint64_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *record = &snapshot->sites[i];
		uint32_t part = parts->part_of[site_of[i]];

		if (part == PARTS_NONE)
			continue;
		for (uint32_t b = 0; b < record->bin_count; b++) {
			const struct snapshot_bin *bin = &snapshot->bins[record->first_bin + b];
			uint64_t width = snapshot->process.generation_width;

			add_bin(parts, &parts->list[part], number, &bounds, bin, width);
			add_bin(parts, &parts->whole, number, &bounds, bin, width);
		}
	}
}

/* The ages looked at: all but newborn, old, and a part of the whole time. */
static void choose_ages(struct parts *parts)
{
	struct snapshot *const *snapshots = parts->series->snapshots;
	uint64_t intervals =
		snapshots[parts->end - 1]->process.generation - snapshots[parts->start]->process.generation;
	uint64_t ages[PARTS_AGES] = {0, intervals / OLD_SHARE, OLD_AGE};

	if (ages[1] > ages[2]) {
		ages[1] = OLD_AGE;
		ages[2] = intervals / OLD_SHARE;
	}
	for (size_t a = 0; a < PARTS_AGES; a++)
		if (a == 0 ||
		    (ages[a] > parts->ages[parts->age_count - 1] + 1 && intervals >= AGE_INTERVALS * ages[a]))
			parts->ages[parts->age_count++] = ages[a];
}

struct parts *parts_new(const struct series *series, size_t start, size_t end, const struct profile *last,
			enum parts_level level, const bool *among)
{
	struct parts *parts = mem_zeroed(1, sizeof *parts);

	parts->series = series;
	parts->start = start;
	parts->end = end;
	parts->part_of = mem_zeroed(series->site_count, sizeof *parts->part_of);
	choose_ages(parts);
	divide(parts, last, level, among);
	make_arrays(parts, &parts->whole);
	sum_points(parts);
	for (size_t i = start; i < end; i++)
		count_survivors(parts, i);
	return parts;
}

void parts_free(struct parts *parts)
{
	if (!parts)
		return;
	for (size_t p = 0; p < parts->count; p++)
		free_arrays(&parts->list[p]);
	free_arrays(&parts->whole);
	free(parts->list);
	free(parts->part_of);
	free(parts);
}

static void subtract_points(struct series_point *sum, const struct series_point *points, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sum[i].blocks -= points[i].blocks;
		sum[i].bytes -= points[i].bytes;
		sum[i].total_blocks -= points[i].total_blocks;
	}
}

/* Leaves a part the sites that are still its own. */
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

		subtract_points(parts->list[parts->part_of[site]].points, parts->series->sites[site].points,
				parts->series->count);
		parts->part_of[site] = new;
	}
	for (uint32_t p = 0; p < new; p++)
		drop_taken(parts, p);
	return new;
}

uint64_t parts_survivors(const struct parts *parts, uint32_t number, uint64_t first, uint64_t end)
{
	const struct part *part = &parts->list[number];
	uint64_t blocks = 0;

	for (size_t i = 0; i < part->site_count; i++)
		blocks += series_survivors(parts->series, &parts->series->sites[part->sites[i]],
					   parts->end - 1, first, end);
	return blocks;
}
