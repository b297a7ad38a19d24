/* The parts of a program that are judged: see parts.h. */
#include "diagnose/parts.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "symbolize/frame.h"
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
	return !a->function && !b->function && a->module_path == b->module_path &&
	       a->address == b->address;
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

static struct part *part_with(struct parts *parts, struct known **table, uint64_t key,
			      uint32_t *number)
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

static void divide(struct parts *parts, const struct profile *last, enum parts_level level,
		   const bool *among)
{
	const struct series *series = parts->series;
	struct known *table = NULL, *known, *next;

	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series_record(series, i, parts->end - 1);
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
	free(part->left);
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

/* Generations that a snapshot is looked at by. */
struct bounds {
	uint64_t old[PARTS_AGES]; /* born before: that old */
	uint64_t born,
		/* born from, to before: in the first half, and that old at its end */
		half[PARTS_AGES];
	/* PARTS_MOMENTS: none */
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

/* Which of the moments is it at which blocks are counted by birth? */
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

	/* widths are powers of two: so all snapshots count the same generations */
	bounds.born = (born + width - 1) / width * width;
	for (size_t a = 0; a < parts->age_count; a++) {
		uint64_t age = parts->ages[a];

		bounds.old[a] = now > age ? now - age : 0;
		bounds.half[a] = middle > age + 1 ? (middle - age - 1) / width * width : 0;
	}
	/* a bin that lies across an edge counts for the later side */
	for (size_t b = 0; b < PARTS_BIRTHS; b++)
		bounds.births[b] =
			(snapshots[parts->sixths[b]]->process.generation + 1) / width * width;
	return bounds;
}

#define JOIN_LEAST 1024 /* bins worth sorting */

static int compare_bins(const void *a, const void *b)
{
	const struct snapshot_bin *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Adds up those of one generation whenever there are twice as many as there were: some for each
 * stack would be many. */
static void join_left(struct part *part)
{
	size_t count = 0;

	if (part->left_count < JOIN_LEAST || part->left_count < 2 * part->left_joined)
		return;
	qsort(part->left, part->left_count, sizeof *part->left, compare_bins);
	for (size_t i = 0; i < part->left_count; i++) {
		if (count && part->left[count - 1].number == part->left[i].number) {
			part->left[count - 1].blocks += part->left[i].blocks;
			part->left[count - 1].bytes += part->left[i].bytes;
		} else {
			part->left[count++] = part->left[i];
		}
	}
	part->left_count = part->left_joined = count;
}

static void add_left(struct part *part, const struct series_state *state)
{
	for (size_t i = 0; i < state->bin_count; i++) {
		MEM_GROW(part->left, part->left_count, part->left_capacity);
		part->left[part->left_count++] = state->bins[i];
	}
	join_left(part);
}

/* What a walk over the snapshots of one site adds to. */
struct adding {
	struct parts *parts;
	struct part *part;
	const struct bounds *bounds; /* by snapshot */
	double first, growth;	     /* bytes */
};

static void add_point(struct series_point *sum, const struct series_point *point)
{
	sum->blocks += point->blocks;
	sum->bytes += point->bytes;
	sum->total_blocks += point->total_blocks;
}

static void add_state(void *argument, size_t snapshot, const struct series_state *state)
{
	struct adding *adding = argument;
	struct parts *parts = adding->parts;

	add_point(&adding->part->points[snapshot], &state->point);
	add_point(&parts->whole.points[snapshot], &state->point);
	if (snapshot < parts->start || snapshot >= parts->end)
		return;
	if (snapshot == parts->start)
		adding->first = (double)state->point.bytes;
	if (snapshot == parts->end - 1) {
		adding->growth = (double)state->point.bytes - adding->first;
		add_left(adding->part, state);
	}
	for (size_t i = 0; i < state->bin_count; i++) {
		add_bin(parts, adding->part, snapshot, &adding->bounds[snapshot], &state->bins[i],
			state->width);
		add_bin(parts, &parts->whole, snapshot, &adding->bounds[snapshot], &state->bins[i],
			state->width);
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

static void sum_sites(struct parts *parts)
{
	const struct series *series = parts->series;
	struct bounds *bounds = mem_zeroed(series->count, sizeof *bounds);
	double *growth = mem_zeroed(series->site_count, sizeof *growth);

	for (size_t i = parts->start; i < parts->end; i++)
		bounds[i] = bounds_at(parts, i);
	for (uint32_t i = 0; i < series->site_count; i++) {
		struct adding adding = {.parts = parts, .bounds = bounds};

		if (parts->part_of[i] == PARTS_NONE)
			continue;
		adding.part = &parts->list[parts->part_of[i]];
		adding.part->sites[adding.part->site_count++] = i;
		series_walk(series, i, add_state, &adding);
		growth[i] = adding.growth;
	}
	for (size_t p = 0; p < parts->count; p++)
		if (parts->list[p].site_count > 1)
			qsort_r(parts->list[p].sites, parts->list[p].site_count, sizeof(uint32_t),
				compare_sites, growth);
	free(bounds);
	free(growth);
}

/* The ages looked at: one interval at least, many intervals, and a part of the whole time. */
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
	divide(parts, last, level, among);
	make_arrays(parts, &parts->whole);
	make_room(parts);
	sum_sites(parts);
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

/* Takes a site out of a part; sums wrap around and are right again. */
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
		MEM_GROW(part->left, part->left_count, part->left_capacity);
		part->left[part->left_count++] = (struct snapshot_bin){
			state->bins[i].number, -state->bins[i].blocks, -state->bins[i].bytes};
	}
	join_left(part);
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

	for (size_t i = 0; i < part->left_count; i++)
		if (part->left[i].number * width >= first &&
		    (part->left[i].number + 1) * width <= end)
			blocks += part->left[i].blocks;
	return blocks;
}
