/*
 * Prints the course of a run over time: see timeline_view.h.
 */
#include "render/timeline_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "load/run_moment.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "model/statistics.h"
#include "render/chart.h"
#include "render/json.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

struct totals {
	uint64_t *live, *rss;
};

static uint64_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return columns && parse_number(columns, &width) && width >= 40 && width <= 1000 ? width
											: 80;
}

static void print_numbers(struct json *json, const char *name, const uint64_t *numbers,
			  size_t count)
{
	json_array(json, name);
	for (size_t i = 0; i < count; i++)
		json_unsigned(json, NULL, numbers[i]);
	json_end_array(json);
}

/* Writes null if there is no snapshot of the peak. */
static void print_peak_json(struct json *json, const struct series *series)
{
	struct silt_process kept;
	char *peak = run_moment_find_peak(series->snapshots[0], &kept);

	if (!peak) {
		json_string(json, "peak", NULL);
		return;
	}
	json_object(json, "peak");
	json_string(json, "path", peak);
	json_unsigned(json, "time_unix_ns", kept.time_unix_ns);
	json_unsigned(json, "uptime_ns", kept.uptime_ns);
	json_unsigned(json, "live_bytes", kept.live_bytes);
	json_unsigned(json, "live_blocks", kept.live_blocks);
	json_end_object(json);
	free(peak);
}

static void print_json(const struct options *options, const struct series *series,
		       const struct trend *trend)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.timeline/1");
	json_array(&json, "snapshots");
	for (size_t i = 0; i < series->count; i++) {
		json_object(&json, NULL);
		record_snapshot(&json, "snapshot", series->snapshots[i]);
		record_totals(&json, series->snapshots[i]);
		json_end_object(&json);
	}
	json_end_array(&json);
	print_peak_json(&json, series);
	json_string(&json, "by", record_key_name(options->statistics.key));
	json_array(&json, "stats");
	for (size_t i = 0; i < trend->count && i < options->limit; i++) {
		const struct trend_row *row = &trend->rows[i];

		json_object(&json, NULL);
		record_key(&json, row->frame, options->statistics.key);
		print_numbers(&json, "size", row->bytes, series->count);
		print_numbers(&json, "count", row->blocks, series->count);
		print_numbers(&json, "total_blocks", row->allocated, series->count);
		record_traceback(&json, row->example);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

#define SPARK 24
#define HEIGHT 10

static void print_row(const struct options *options, const struct series *series,
		      const struct trend *trend, const struct trend_row *row, bool blocks)
{
	struct chart_figure figure = {row->bytes, series->seconds, series->count};
	char spark[SPARK * 3 + 1], size[SIZE_TEXT], growth[SIZE_TEXT];

	chart_spark(&figure, spark, SPARK, blocks);
	printf("  %s %10s %12s  ", spark,
	       size_format(size, (double)row->bytes[series->count - 1], false),
	       size_format(growth, trend_growth(trend, row, 0), true));
	text_place(row->frame, options->statistics.key);
	if (options->statistics.key <= KEY_FUNCTION && statistics_has_line(row->frame) &&
	    row->frame->function) {
		fputs("  ", stdout);
		utf8_print(stdout, row->frame->function);
	}
	putchar('\n');
	if (options->traceback)
		text_traceback(row->example, options->traceback);
}

/* Prints which snapshot has the most live bytes. */
static void print_peak(const struct series *series, const struct totals *totals)
{
	const struct snapshot *first = series->snapshots[0];
	size_t most = 0;
	char size[SIZE_TEXT], *peak;
	struct silt_process kept;

	for (size_t i = 1; i < series->count; i++)
		if (totals->live[i] > totals->live[most])
			most = i;
	peak = run_moment_find_peak(first, &kept);
	if (peak && kept.live_bytes > totals->live[most])
		printf("  most live: %s at %.1f s, between two snapshots; shown by `silt top --at "
		       "peak`\n",
		       size_format(size, (double)kept.live_bytes, false),
		       (double)(int64_t)(kept.time_unix_ns - first->process.start_unix_ns) / 1e9);
	else
		printf("  most live at a snapshot: %s at %.1f s, shown by `silt top --at peak`\n",
		       size_format(size, (double)totals->live[most], false), series->seconds[most]);
	free(peak);
}

static void print_text(const struct options *options, const struct series *series,
		       const struct trend *trend, const struct totals *totals, uint64_t width)
{
	struct chart_figure live = {totals->live, series->seconds, series->count};
	struct chart_figure rss = {totals->rss, series->seconds, series->count};
	size_t shown = trend->count < options->limit ? trend->count : options->limit;
	bool blocks = chart_has_blocks();

	text_snapshot("", series->snapshots[series->count - 1]);
	printf("  %zu snapshot%s; %s live heap, %s RSS\n", series->count, words_s(series->count),
	       blocks ? "█" : "#", blocks ? "·" : ".");
	chart_print(stdout, &live, &rss, width, HEIGHT, blocks);
	print_peak(series, totals);
	printf("  %-*s %10s %12s\n", SPARK, "live bytes over time", "live", "growth");
	if (!trend->count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++)
		print_row(options, series, trend, &trend->rows[i], blocks);
	if (shown < trend->count)
		printf("%zu more; --limit 0 shows all\n", trend->count - shown);
}

void timeline_view_print(const struct series *series, const struct trend *trend,
			 const struct options *options, uint64_t width)
{
	struct totals totals;

	if (options->json) {
		print_json(options, series, trend);
		return;
	}
	totals.live = mem_zeroed(series->count, sizeof *totals.live);
	totals.rss = mem_zeroed(series->count, sizeof *totals.rss);
	for (size_t i = 0; i < series->count; i++) {
		totals.live[i] = series->snapshots[i]->process.live_bytes;
		totals.rss[i] = series->snapshots[i]->process.rss_bytes;
	}
	print_text(options, series, trend, &totals, width ? width : terminal_width());
	free(totals.live);
	free(totals.rss);
}
