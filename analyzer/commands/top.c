/*
 * silt top: the statistics of one snapshot.
 * Called by main.c's table.
 */
#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include <getopt.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "render/records.h"
#include "render/text.h"
#include "render/utf8.h"

static const char usage[] = "Usage: silt top [options] SNAP|RUN\n"
			    "\n"
			    "Shows where the live blocks of a snapshot (of a run: its last) were allocated.\n"
			    "\n";

static void print_json(const struct snapshot *snapshot, const struct statistics *statistics, uint64_t limit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.top/1");
	record_snapshot(&json, "snapshot", snapshot);
	record_totals(&json, snapshot);
	json_string(&json, "by", record_key_name(statistics->key));
	json_array(&json, "stats");
	for (size_t i = 0; i < statistics->count && i < limit; i++) {
		const struct statistic *statistic = &statistics->list[i];

		json_object(&json, NULL);
		record_key(&json, statistic->frame, statistics->key);
		json_unsigned(&json, "size", statistic->new.size);
		json_unsigned(&json, "count", statistic->new.count);
		json_unsigned(&json, "total_bytes", statistic->new.total_bytes);
		json_unsigned(&json, "total_blocks", statistic->new.total_blocks);
		json_unsigned(&json, "freed_blocks", statistic->new.freed_blocks);
		if (snapshot->process.sample_bytes) {
			json_real(&json, "size_standard_error", sqrt(statistic->new.size_variance));
			json_real(&json, "count_standard_error", sqrt(statistic->new.count_variance));
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
	struct text_style style = {options->traceback, options->colour, false};
	size_t shown = statistics->count < options->limit ? statistics->count : options->limit;

	text_snapshot("", snapshot);
	for (size_t i = 0; i < shown; i++)
		text_statistic(&statistics->list[i], statistics->key, &style);
	if (shown < statistics->count)
		printf("%zu more; --limit 0 shows all\n", statistics->count - shown);
}

int top_command(int argc, char **argv)
{
	struct statistics *statistics;
	struct options options;
	struct input input;
	int status = options_read(&options, usage, argc, argv);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &options, usage, argv, false)) {
			statistics = statistics_new(NULL, input.profile, &options.statistics);
			if (options.json)
				print_json(input.snapshot, statistics, options.limit);
			else
				print_text(input.snapshot, statistics, &options);
			statistics_free(statistics);
			input_close(&input);
			status = 0;
		}
	}
	options_free(&options);
	return status;
}
