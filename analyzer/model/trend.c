/* Computes how much was live at each snapshot of a run: see trend.h. */
#include "model/trend.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "model/profile.h"
#include "symbolize/frame.h"
#include "util/mem.h"

struct known {
	char *key;
	size_t row;
	UT_hash_handle hh;
};

static struct trend_row *row_of(struct trend *trend, size_t *capacity, struct known **table,
				const struct frame *frame, enum statistics_key key)
{
	struct known *known;
	struct trend_row *row;
	size_t size;
	char *text = statistics_key_of(frame, key, &size);

	HASH_FIND(hh, *table, text, size, known);
	if (known) {
		free(text);
		return &trend->rows[known->row];
	}
	known = mem_zeroed(1, sizeof *known);
	known->key = text;
	known->row = trend->count;
	HASH_ADD_KEYPTR(hh, *table, known->key, size, known);
	MEM_GROW(trend->rows, trend->count, *capacity);
	row = &trend->rows[trend->count++];
	*row = (struct trend_row){.frame = frame};
	row->bytes = mem_zeroed(trend->snapshots, sizeof *row->bytes);
	row->blocks = mem_zeroed(trend->snapshots, sizeof *row->blocks);
	row->allocated = mem_zeroed(trend->snapshots, sizeof *row->allocated);
	return row;
}

static void add_site(struct trend_row *row, const struct series *series, uint32_t site,
		     const struct profile_site *profile)
{
	for (size_t i = 0; i < series->count; i++) {
		struct series_point point = series_point(series, site, i);

		row->bytes[i] += point.bytes;
		row->blocks[i] += point.blocks;
		row->allocated[i] += point.total_blocks;
	}
	if (!row->example ||
	    snapshot_live_bytes(profile->counters) > snapshot_live_bytes(row->example->counters)) {
		row->example = profile;
		row->frame = profile->frames[profile->blamed];
	}
}

struct order {
	size_t first, last;
};

static int compare_rows(const void *x, const void *y, void *argument)
{
	const struct trend_row *a = x, *b = y;
	const struct order *order = argument;
	double growth_a = (double)a->bytes[order->last] - (double)a->bytes[order->first],
	       growth_b = (double)b->bytes[order->last] - (double)b->bytes[order->first];

	if (growth_a != growth_b)
		return growth_a < growth_b ? 1 : -1;
	if (a->bytes[order->last] != b->bytes[order->last])
		return a->bytes[order->last] < b->bytes[order->last] ? 1 : -1;
	if (statistics_has_line(a->frame) && statistics_has_line(b->frame) &&
	    strcmp(a->frame->file, b->frame->file) == 0)
		return a->frame->line < b->frame->line ? -1 : a->frame->line > b->frame->line;
	return a->frame->address < b->frame->address ? -1 : a->frame->address > b->frame->address;
}

struct trend *trend_new(const struct series *series, const struct profile *profile,
			const struct statistics_options *options, size_t first)
{
	struct trend *trend = mem_zeroed(1, sizeof *trend);
	struct order order = {first, series->count - 1};
	struct known *table = NULL, *known, *next;
	size_t capacity = 0;

	trend->snapshots = series->count;
	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series_record(series, i, series->count - 1);
		const struct profile_site *place;

		if (record == SERIES_NONE)
			continue;
		place = &profile->sites[record];
		if (filter_keeps(options->filters, place))
			add_site(row_of(trend, &capacity, &table, place->frames[place->blamed],
					options->key),
				 series, i, place);
	}
	HASH_ITER(hh, table, known, next)
	{
		HASH_DEL(table, known);
		free(known->key);
		free(known);
	}
	if (trend->count)
		qsort_r(trend->rows, trend->count, sizeof *trend->rows, compare_rows, &order);
	return trend;
}

void trend_free(struct trend *trend)
{
	if (!trend)
		return;
	for (size_t i = 0; i < trend->count; i++) {
		free(trend->rows[i].bytes);
		free(trend->rows[i].blocks);
		free(trend->rows[i].allocated);
	}
	free(trend->rows);
	free(trend);
}
