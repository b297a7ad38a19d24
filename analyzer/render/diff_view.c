/*
 * Prints what changed between two snapshots, by call site: see diff_view.h.
 */
#include "render/diff_view.h"

#include <math.h>
#include <stdio.h>

#include "load/snapshot.h"
#include "render/json.h"
#include "render/records.h"
#include "render/text.h"

/* The standard error of a difference is an upper bound: blocks that live in both snapshots are
 * in both estimates. */
static void print_errors(struct json *json, const struct statistic *statistic)
{
	const struct statistics_figures *old = &statistic->old, *new = &statistic->new;

	json_real(json, "size_standard_error", sqrt(new->size_variance));
	json_real(json, "size_diff_standard_error", sqrt(new->size_variance + old->size_variance));
	json_real(json, "count_standard_error", sqrt(new->count_variance));
	json_real(json, "count_diff_standard_error",
		  sqrt(new->count_variance + old->count_variance));
}

static void print_json(const struct snapshot *old, const struct snapshot *new,
		       const struct statistics *statistics, uint64_t limit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.diff/1");
	record_snapshot(&json, "old", old);
	record_snapshot(&json, "new", new);
	json_string(&json, "by", record_key_name(statistics->key));
	json_array(&json, "stats");
	for (size_t i = 0; i < statistics->count && i < limit; i++) {
		const struct statistic *statistic = &statistics->list[i];

		json_object(&json, NULL);
		record_key(&json, statistic->frame, statistics->key);
		json_unsigned(&json, "size", statistic->new.size);
		json_signed(&json, "size_diff",
			    (int64_t)(statistic->new.size - statistic->old.size));
		json_unsigned(&json, "count", statistic->new.count);
		json_signed(&json, "count_diff",
			    (int64_t)(statistic->new.count - statistic->old.count));
		json_signed(&json, "total_bytes_diff",
			    (int64_t)(statistic->new.total_bytes - statistic->old.total_bytes));
		json_signed(&json, "total_blocks_diff",
			    (int64_t)(statistic->new.total_blocks - statistic->old.total_blocks));
		if (old->process.sample_bytes || new->process.sample_bytes)
			print_errors(&json, statistic);
		record_traceback(&json, statistic->example);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static void print_text(const struct snapshot *old, const struct snapshot *new,
		       const struct statistics *statistics, const struct options *options)
{
	text_snapshot("old: ", old);
	text_snapshot("new: ", new);
	text_statistics(statistics, true, options);
}

void diff_view_print(const struct snapshot *old, const struct snapshot *new,
		     const struct statistics *statistics, const struct options *options)
{
	if (options->json)
		print_json(old, new, statistics, options->limit);
	else
		print_text(old, new, statistics, options);
}
