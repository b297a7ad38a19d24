/*
 * Prints the statistics of one snapshot: see top_view.h.
 */
#include "render/top_view.h"

#include <math.h>
#include <stdio.h>

#include "load/snapshot.h"
#include "model/functions.h"
#include "render/json.h"
#include "render/records.h"
#include "render/text.h"

static void print_json(const struct snapshot *snapshot, const struct statistics *statistics,
		       uint64_t limit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.top/1");
	record_snapshot(&json, "snapshot", snapshot);
	record_totals(&json, snapshot);
	record_doubt(&json, snapshot);
	json_string(&json, "by", record_key_name(statistics->key));
	json_array(&json, "stats");
	for (size_t i = 0; i < statistics->count && i < limit; i++) {
		const struct statistic *statistic = &statistics->list[i];

		json_object(&json, NULL);
		record_key(&json, statistic->frame, statistics->key);
		json_unsigned(&json, "size", statistic->new.size);
		json_unsigned(&json, "count", statistic->new.count);
		json_unsigned(&json, "total_bytes", statistic->new.total_bytes);
		json_unsigned(&json, "peak_bytes", statistic->new.peak_bytes);
		json_unsigned(&json, "total_blocks", statistic->new.total_blocks);
		json_unsigned(&json, "freed_blocks", statistic->new.freed_blocks);
		json_unsigned(&json, "temporary_blocks", statistic->new.temporary_blocks);
		if (snapshot->process.sample_bytes) {
			json_real(&json, "size_standard_error", sqrt(statistic->new.size_variance));
			json_real(&json, "count_standard_error",
				  sqrt(statistic->new.count_variance));
		}
		record_traceback(&json, statistic->example);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static void print_text(const struct snapshot *snapshot, const struct statistics *statistics,
		       const struct options *options)
{
	text_snapshot("", snapshot);
	text_statistics(statistics, false, options);
}

void top_view_print(const struct snapshot *snapshot, const struct statistics *statistics,
		    const struct options *options)
{
	if (options->json)
		print_json(snapshot, statistics, options->limit);
	else
		print_text(snapshot, statistics, options);
}

void top_view_print_functions(const struct snapshot *snapshot, const struct functions *functions,
			      struct functions_view *view, const struct options *options)
{
	struct json json = {.file = stdout};

	view->limit = options->limit;
	view->traceback = options->traceback;
	view->colour = options->colour;
	if (!options->json) {
		text_snapshot("", snapshot);
		functions_text(functions, view);
		return;
	}
	json_object(&json, NULL);
	json_string(&json, "schema", "silt.top/1");
	record_snapshot(&json, "snapshot", snapshot);
	record_totals(&json, snapshot);
	record_doubt(&json, snapshot);
	json_string(&json, "by", record_key_name(KEY_FUNCTION));
	functions_json(&json, functions, view);
	json_end_object(&json);
	json_finish(&json);
}
