/* Groups sites by a key and sorts them: see statistics.h. */
#include "model/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/places.h"
#include "symbolize/frame.h"
#include "util/mem.h"

/* -- groups -- */

struct key_group {
	struct statistic statistic;
	/* the site counted last, so that a recursive call stack counts once */
	const struct profile_site *last;
	/* numbers of places */
	uint32_t *key;
	UT_hash_handle hh;
};

struct grouping {
	struct key_group *groups;
	struct places places;
	struct places_key key;
	const struct statistics_options *options;
};

static void key_of(struct grouping *grouping, const struct profile_site *site, uint32_t frame)
{
	bool whole = grouping->options->key == KEY_TRACEBACK;
	uint32_t first = whole ? 0 : frame, end = whole ? site->frame_count : frame + 1;

	grouping->key.size = 0;
	for (uint32_t i = first; i < end; i++) {
		uint32_t place =
			places_of(&grouping->places, site->frames[i], grouping->options->key);

		places_key_add(&grouping->key, &place, sizeof place);
	}
}

static struct key_group *group_of(struct grouping *grouping, const struct profile_site *site,
				  uint32_t frame)
{
	struct places_key *key = &grouping->key;
	struct key_group *group;

	key_of(grouping, site, frame);
	HASH_FIND(hh, grouping->groups, key->bytes, key->size, group);
	if (!group) {
		group = mem_zeroed(1, sizeof *group);
		group->key = mem_alloc(key->size);
		memcpy(group->key, key->bytes, key->size);
		group->statistic.frame = site->frames[frame];
		HASH_ADD_KEYPTR(hh, grouping->groups, group->key, key->size, group);
	}
	return group;
}

/* Adds Horvitz and Thompson's variance of an estimate from `sampled` blocks, each sampled with
 * probability p, which is that of the mean size: sampled * (1 - p) / p^2, for bytes times the
 * square of the size. */
static void add_variance(struct statistics_figures *figures, const struct snapshot_site *site,
			 uint64_t sample_bytes)
{
	double live = (double)snapshot_live_blocks(site), mean, p;

	if (!sample_bytes || live == 0)
		return;
	mean = (double)snapshot_live_bytes(site) / live;
	p = -expm1(-(mean > 1 ? mean : 1) / (double)sample_bytes);
	figures->count_variance += (double)site->sampled_live_blocks * (1 - p) / (p * p);
	figures->size_variance +=
		(double)site->sampled_live_blocks * (1 - p) / (p * p) * mean * mean;
}

static void count_site(struct grouping *grouping, const struct profile *profile,
		       const struct profile_site *site, uint32_t frame, bool is_old)
{
	struct key_group *group = group_of(grouping, site, frame);
	struct statistics_figures *figures = is_old ? &group->statistic.old : &group->statistic.new;
	const struct snapshot_site *counters = site->counters;

	if (group->last == site)
		return;
	group->last = site;
	figures->size += snapshot_live_bytes(counters);
	figures->count += snapshot_live_blocks(counters);
	figures->total_bytes += counters->total_bytes;
	figures->peak_bytes += counters->peak_live_bytes;
	figures->total_blocks += counters->total_blocks;
	figures->freed_blocks += counters->freed_blocks;
	figures->temporary_blocks += counters->temporary_blocks;
	add_variance(figures, counters, profile->snapshot->process.sample_bytes);
	if (!group->statistic.example ||
	    snapshot_live_bytes(counters) >
		    snapshot_live_bytes(group->statistic.example->counters)) {
		group->statistic.example = site;
		group->statistic.frame = site->frames[frame];
	}
}

static void count_profile(struct grouping *grouping, const struct profile *profile, bool is_old)
{
	for (uint64_t i = 0; i < profile->site_count; i++) {
		const struct profile_site *site = &profile->sites[i];

		if (!filter_keeps(grouping->options->filters, site))
			continue;
		if (!grouping->options->cumulative) {
			count_site(grouping, profile, site, site->blamed, is_old);
			continue;
		}
		for (uint32_t frame = 0; frame < site->frame_count; frame++)
			count_site(grouping, profile, site, frame, is_old);
	}
}

/* -- order -- */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_frames(const struct frame *a, const struct frame *b, enum statistics_key kind)
{
	int order = compare_text(statistics_has_line(a) ? a->file : a->module_path,
				 statistics_has_line(b) ? b->file : b->module_path);

	if (order || kind == KEY_FILE)
		return order;
	if (kind == KEY_MODULE)
		return compare_text(a->module_path, b->module_path);
	if (kind == KEY_FUNCTION)
		return compare_text(a->function, b->function);
	order = compare_unsigned(a->line, b->line);
	if (order || statistics_has_line(a))
		return order;
	return compare_unsigned(a->address, b->address);
}

/* tracemalloc compares tracebacks from the outermost frame */
static int compare_tracebacks(const struct profile_site *a, const struct profile_site *b)
{
	for (uint32_t i = 1; i <= a->frame_count && i <= b->frame_count; i++) {
		const struct frame *x = a->frames[a->frame_count - i],
				   *y = b->frames[b->frame_count - i];
		int order = x == y ? 0 : compare_frames(x, y, KEY_TRACEBACK);

		if (order)
			return order;
	}
	return compare_unsigned(a->frame_count, b->frame_count);
}

static uint64_t change(uint64_t old, uint64_t new)
{
	return new > old ? new - old : old - new;
}

struct ordering {
	enum statistics_key key;
	enum statistics_order order;
	bool two_sides;
};

static uint64_t leading_figure(const struct statistic *s, const struct ordering *ordering)
{
	switch (ordering->order) {
	case ORDER_COUNT:
		return ordering->two_sides ? change(s->old.count, s->new.count) : s->new.count;
	case ORDER_TOTAL:
		return ordering->two_sides ? change(s->old.total_bytes, s->new.total_bytes)
					   : s->new.total_bytes;
	case ORDER_CALLS:
		return ordering->two_sides ? change(s->old.total_blocks, s->new.total_blocks)
					   : s->new.total_blocks;
	case ORDER_PEAK:
		return ordering->two_sides ? change(s->old.peak_bytes, s->new.peak_bytes)
					   : s->new.peak_bytes;
	default:
		return 0;
	}
}

static int compare_statistics(const void *x, const void *y, void *argument)
{
	const struct statistic *a = x, *b = y;
	const struct ordering *ordering = argument;
	int order = compare_unsigned(leading_figure(a, ordering), leading_figure(b, ordering));

	if (!order && ordering->two_sides)
		order = compare_unsigned(change(a->old.size, a->new.size),
					 change(b->old.size, b->new.size));
	if (!order)
		order = compare_unsigned(a->new.size, b->new.size);
	if (!order && ordering->two_sides)
		order = compare_unsigned(change(a->old.count, a->new.count),
					 change(b->old.count, b->new.count));
	if (!order)
		order = compare_unsigned(a->new.count, b->new.count);
	if (!order)
		order = ordering->key == KEY_TRACEBACK
				? compare_tracebacks(a->example, b->example)
				: compare_frames(a->frame, b->frame, ordering->key);
	return -order;
}

/* -- the whole -- */

struct statistics *statistics_new(const struct profile *old, const struct profile *new,
				  const struct statistics_options *options)
{
	struct grouping grouping = {.options = options};
	struct ordering ordering = {options->key, options->order, old != NULL};
	struct statistics *statistics = mem_zeroed(1, sizeof *statistics);
	struct key_group *group, *next;

	if (old)
		count_profile(&grouping, old, true);
	count_profile(&grouping, new, false);
	statistics->key = options->key;
	statistics->list = mem_zeroed(HASH_COUNT(grouping.groups), sizeof *statistics->list);
	HASH_ITER(hh, grouping.groups, group, next)
	{
		statistics->list[statistics->count++] = group->statistic;
		HASH_DEL(grouping.groups, group);
		free(group->key);
		free(group);
	}
	free(grouping.key.bytes);
	places_free(&grouping.places);
	if (statistics->count)
		qsort_r(statistics->list, statistics->count, sizeof *statistics->list,
			compare_statistics, &ordering);
	return statistics;
}

void statistics_free(struct statistics *statistics)
{
	if (!statistics)
		return;
	free(statistics->list);
	free(statistics);
}
