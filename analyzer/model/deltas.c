/*
 * Stores the state of a site at each snapshot of a run: see deltas.h.
 *
 * An entry has: the number of snapshots since the entry before; enum part; the differences of each
 * part that has changed, as zigzag varints.
 */
#include "model/deltas.h"

#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "util/mem.h"

enum part {
	PART_PRESENT = 1, /* whether the site is present: not a difference */
	PART_POINT = 2,	  /* 3 numbers */
	/* the number of bins; for each its number minus the number before, its blocks, its bytes */
	PART_BINS = 4,
	PART_GRAPH = 8, /* TALLY_NUMBERS numbers */
};

/* -- numbers -- */

#define VARINT_MOST 10 /* bytes */

static void reserve(struct deltas *deltas, uint32_t size)
{
	if (deltas->capacity - deltas->size >= size)
		return;
	deltas->capacity = deltas->size + size + deltas->size / 2;
	deltas->bytes = mem_resize(deltas->bytes, deltas->capacity, 1);
}

static void put(struct deltas *deltas, uint64_t value)
{
	reserve(deltas, VARINT_MOST);
	for (; value >= 0x80; value >>= 7)
		deltas->bytes[deltas->size++] = (unsigned char)(value | 0x80);
	deltas->bytes[deltas->size++] = (unsigned char)value;
}

static void put_difference(struct deltas *deltas, uint64_t from, uint64_t to)
{
	uint64_t difference = to - from;

	put(deltas, difference << 1 ^ -(difference >> 63));
}

static uint64_t get(struct deltas_cursor *cursor)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte = *cursor->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

static void get_difference(struct deltas_cursor *cursor, uint64_t *value)
{
	uint64_t zigzag = get(cursor);

	*value += zigzag >> 1 ^ -(zigzag & 1);
}

/* -- bins -- */

void deltas_push(struct deltas_bins *bins, struct snapshot_bin bin)
{
	MEM_GROW(bins->list, bins->count, bins->capacity);
	bins->list[bins->count++] = bin;
}

static int compare_bins(const void *a, const void *b)
{
	const struct snapshot_bin *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

size_t deltas_join(struct snapshot_bin *list, size_t count)
{
	size_t joined = 0;

	if (count)
		qsort(list, count, sizeof *list, compare_bins);
	for (size_t i = 0; i < count; i++) {
		if (joined && list[joined - 1].number == list[i].number) {
			list[joined - 1].blocks += list[i].blocks;
			list[joined - 1].bytes += list[i].bytes;
		} else {
			list[joined++] = list[i];
		}
	}
	return joined;
}

void deltas_widen(struct deltas_bins *bins, uint64_t from, uint64_t to)
{
	size_t count = 0;

	if (from == to)
		return;
	if (from == 0 || to % from) {
		bins->count = 0;
		return;
	}
	for (size_t i = 0; i < bins->count; i++) {
		struct snapshot_bin bin = bins->list[i];

		bin.number /= to / from;
		if (count && bins->list[count - 1].number == bin.number) {
			bins->list[count - 1].blocks += bin.blocks;
			bins->list[count - 1].bytes += bin.bytes;
		} else {
			bins->list[count++] = bin;
		}
	}
	bins->count = count;
}

/* The next bin, in ascending order, that is in either list. */
struct pair {
	/* 0 blocks: not in that list */
	struct snapshot_bin before, now;
	size_t i, j;
};

static bool next_pair(struct pair *pair, const struct series_state *before,
		      const struct series_state *now)
{
	bool has_before = pair->i < before->bin_count, has_now = pair->j < now->bin_count;
	uint64_t number;

	if (!has_before && !has_now)
		return false;
	number = has_before ? before->bins[pair->i].number : now->bins[pair->j].number;
	if (has_now && now->bins[pair->j].number < number)
		number = now->bins[pair->j].number;
	pair->before = pair->now = (struct snapshot_bin){number, 0, 0};
	if (has_before && before->bins[pair->i].number == number)
		pair->before = before->bins[pair->i++];
	if (has_now && now->bins[pair->j].number == number)
		pair->now = now->bins[pair->j++];
	return true;
}

static bool pair_differs(const struct pair *pair)
{
	return pair->before.blocks != pair->now.blocks || pair->before.bytes != pair->now.bytes;
}

/* Skips the leading bins that are equal in both lists, which most are. */
static struct pair first_pair(const struct series_state *before, const struct series_state *now)
{
	size_t least = before->bin_count < now->bin_count ? before->bin_count : now->bin_count,
	       same = 0;

	while (same < least && before->bins[same].number == now->bins[same].number &&
	       before->bins[same].blocks == now->bins[same].blocks &&
	       before->bins[same].bytes == now->bins[same].bytes)
		same++;
	return (struct pair){.i = same, .j = same};
}

static uint64_t count_changes(const struct series_state *before, const struct series_state *now)
{
	struct pair pair = first_pair(before, now);
	uint64_t count = 0;

	if (before->bin_count == now->bin_count &&
	    (now->bin_count == 0 ||
	     memcmp(before->bins, now->bins, now->bin_count * sizeof *now->bins) == 0))
		return 0;
	while (next_pair(&pair, before, now))
		count += pair_differs(&pair);
	return count;
}

static void put_bins(struct deltas *deltas, uint64_t count, const struct series_state *before,
		     const struct series_state *now)
{
	struct pair pair = first_pair(before, now);
	uint64_t number = 0;

	put(deltas, count);
	while (next_pair(&pair, before, now)) {
		if (!pair_differs(&pair))
			continue;
		put(deltas, pair.now.number - number);
		put_difference(deltas, pair.before.blocks, pair.now.blocks);
		put_difference(deltas, pair.before.bytes, pair.now.bytes);
		number = pair.now.number;
	}
}

static void get_bins(struct deltas_cursor *cursor)
{
	struct deltas_bins *bins = &cursor->bins, old;
	uint64_t number = 0;
	size_t i = 0;

	cursor->spare.count = 0;
	for (uint64_t count = get(cursor); count > 0; count--) {
		struct snapshot_bin bin = {0};

		number += get(cursor);
		while (i < bins->count && bins->list[i].number < number)
			deltas_push(&cursor->spare, bins->list[i++]);
		if (i < bins->count && bins->list[i].number == number)
			bin = bins->list[i++];
		bin.number = number;
		get_difference(cursor, &bin.blocks);
		get_difference(cursor, &bin.bytes);
		if (bin.blocks || bin.bytes)
			deltas_push(&cursor->spare, bin);
	}
	while (i < bins->count)
		deltas_push(&cursor->spare, bins->list[i++]);
	old = *bins;
	*bins = cursor->spare;
	cursor->spare = old;
}

/* -- entries -- */

#define TALLY_NUMBERS 7

static void numbers_of(const struct series_tally *tally, uint64_t numbers[TALLY_NUMBERS])
{
	memcpy(numbers,
	       (const uint64_t[]){tally->blocks, tally->bytes, tally->lost_blocks,
				  tally->lost_bytes, tally->old_blocks, tally->old_bytes,
				  tally->used},
	       TALLY_NUMBERS * sizeof *numbers);
}

static void put_graph(struct deltas *deltas, const struct series_tally *before,
		      const struct series_tally *now)
{
	uint64_t x[TALLY_NUMBERS], y[TALLY_NUMBERS];

	numbers_of(before, x);
	numbers_of(now, y);
	for (int i = 0; i < TALLY_NUMBERS; i++)
		put_difference(deltas, x[i], y[i]);
}

static void get_graph(struct deltas_cursor *cursor, struct series_tally *tally)
{
	get_difference(cursor, &tally->blocks);
	get_difference(cursor, &tally->bytes);
	get_difference(cursor, &tally->lost_blocks);
	get_difference(cursor, &tally->lost_bytes);
	get_difference(cursor, &tally->old_blocks);
	get_difference(cursor, &tally->old_bytes);
	get_difference(cursor, &tally->used);
}

void deltas_add(struct deltas *deltas, uint32_t snapshot, const struct series_state *before,
		const struct series_state *now)
{
	uint64_t bins = count_changes(before, now);
	uint32_t parts = (now->present ? PART_PRESENT : 0) | (bins ? PART_BINS : 0);

	if (memcmp(&before->point, &now->point, sizeof now->point) != 0)
		parts |= PART_POINT;
	if (memcmp(&before->graph, &now->graph, sizeof now->graph) != 0)
		parts |= PART_GRAPH;
	if (parts == (before->present ? PART_PRESENT : 0))
		return;
	put(deltas, snapshot + 1 - deltas->last);
	deltas->last = snapshot + 1;
	put(deltas, parts);
	if (parts & PART_POINT) {
		put_difference(deltas, before->point.blocks, now->point.blocks);
		put_difference(deltas, before->point.bytes, now->point.bytes);
		put_difference(deltas, before->point.total_blocks, now->point.total_blocks);
	}
	if (parts & PART_BINS)
		put_bins(deltas, bins, before, now);
	if (parts & PART_GRAPH)
		put_graph(deltas, &before->graph, &now->graph);
}

static void get_point(struct deltas_cursor *cursor, struct series_point *point)
{
	get_difference(cursor, &point->blocks);
	get_difference(cursor, &point->bytes);
	get_difference(cursor, &point->total_blocks);
}

static void read_next(struct deltas_cursor *cursor)
{
	/* until here `next` is the snapshot of the entry before */
	cursor->next =
		cursor->at < cursor->end ? cursor->next + (uint32_t)get(cursor) : SERIES_NONE;
}

void deltas_rewind(struct deltas_cursor *cursor, const struct deltas *deltas)
{
	cursor->at = deltas->bytes;
	cursor->end = deltas->size ? deltas->bytes + deltas->size : NULL;
	cursor->next = UINT32_MAX; /* wraps around: + 1 is the first snapshot */
	cursor->bins.count = 0;
	cursor->state = (struct series_state){.width = 1, .bins = NULL};
	read_next(cursor);
}

void deltas_change(struct deltas_cursor *cursor, uint32_t snapshot, uint64_t width)
{
	struct series_state *state = &cursor->state;

	deltas_widen(&cursor->bins, state->width, width);
	state->width = width;
	if (cursor->next == snapshot) {
		uint32_t parts = (uint32_t)get(cursor);

		state->present = parts & PART_PRESENT;
		if (parts & PART_POINT)
			get_point(cursor, &state->point);
		if (parts & PART_BINS)
			get_bins(cursor);
		if (parts & PART_GRAPH)
			get_graph(cursor, &state->graph);
		read_next(cursor);
	}
	state->bins = cursor->bins.list;
	state->bin_count = cursor->bins.count;
}

bool deltas_next_change(struct deltas_cursor *cursor, uint32_t *snapshot,
			struct series_change *change)
{
	struct series_tally tally = {0};
	uint64_t number = 0;
	uint32_t parts;

	if (cursor->next == SERIES_NONE)
		return false;
	*snapshot = cursor->next;
	*change = (struct series_change){.bins = NULL};
	parts = (uint32_t)get(cursor);
	if (parts & PART_POINT)
		get_point(cursor, &change->point);
	cursor->bins.count = 0;
	for (uint64_t count = parts & PART_BINS ? get(cursor) : 0; count > 0; count--) {
		struct snapshot_bin bin = {0};

		bin.number = number += get(cursor);
		get_difference(cursor, &bin.blocks);
		get_difference(cursor, &bin.bytes);
		deltas_push(&cursor->bins, bin);
	}
	if (parts & PART_GRAPH)
		get_graph(cursor, &tally);
	change->bins = cursor->bins.list;
	change->bin_count = cursor->bins.count;
	read_next(cursor);
	return true;
}

void deltas_cursor_free(struct deltas_cursor *cursor)
{
	free(cursor->bins.list);
	free(cursor->spare.list);
}
