/*
 * Writes DHAT's JSON: see exports.h. Times are microseconds. What silt does not record is estimated
 * from the snapshots:
 *   tl        the sum of the lives of a stack's blocks: the area under its live blocks over time
 *             (Little's law), with straight lines between snapshots
 *   mb, mbk   the highest live bytes of the stack, as recorded (one thread) or as seen at a
 *             snapshot, and as many blocks of its mean size
 * Must not: apply a rule of diagnosis.
 */
#include <stdio.h>
#include <stdlib.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/stacks.h"
#include "render/exports.h"
#include "render/json.h"
#include "render/names.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

struct point {
	uint64_t peak_bytes, peak_blocks, highest_bytes, highest_blocks;
	/* microseconds */
	double lives;
};

struct known_frame {
	const struct frame *frame;
	/* index in ftbl */
	uint64_t number;
	UT_hash_handle hh;
};

struct writer {
	const struct export_run *run;
	const struct stacks *stacks;
	/* by stack */
	struct point *points;
	/* index of the snapshot with most live bytes */
	size_t peak;
	struct known_frame *frames;
	const struct frame **list;
	size_t count, capacity;
};

/* -- estimates -- */

static double lives_of(const struct series *series, uint32_t site, double first)
{
	double area = 0, before = first, blocks = 0;

	for (size_t i = 0; i < series->count; i++) {
		double now = series->seconds[i],
		       live = (double)series_point(series, site, i).blocks;

		if (now > before) {
			area += (now - before) * (blocks + live) / 2;
			before = now;
		}
		blocks = live;
	}
	return area * 1e6;
}

static void raise_highest(struct point *point, uint64_t bytes, uint64_t blocks)
{
	if (bytes <= point->highest_bytes)
		return;
	point->highest_bytes = bytes;
	point->highest_blocks = blocks;
}

static void add_site(struct writer *writer, uint32_t site)
{
	const struct series *series = writer->run->series;
	uint32_t record = series_record(series, site, series->count - 1);
	const struct snapshot_site *counters;
	struct point *point, highest = {0};
	uint64_t mean;

	if (record == SERIES_NONE || writer->stacks->stack_of[record] == STACKS_NONE)
		return;
	counters = &series->snapshots[series->count - 1]->sites[record];
	point = &writer->points[writer->stacks->stack_of[record]];
	point->lives += lives_of(series, site, (double)counters->first_ns / 1e9);
	for (size_t i = 0; i < series->count; i++) {
		struct series_point now = series_point(series, site, i);

		point->peak_bytes += i == writer->peak ? now.bytes : 0;
		point->peak_blocks += i == writer->peak ? now.blocks : 0;
		raise_highest(&highest, now.bytes, now.blocks);
	}
	mean = counters->total_blocks ? counters->total_bytes / counters->total_blocks : 0;
	if (!(counters->flags & SILT_SITE_PEAK_BOUND))
		raise_highest(&highest, counters->peak_live_bytes,
			      mean ? counters->peak_live_bytes / mean : highest.highest_blocks);
	point->highest_bytes += highest.highest_bytes;
	point->highest_blocks += highest.highest_blocks;
}

static size_t find_peak(const struct series *series)
{
	size_t peak = 0;

	for (size_t i = 1; i < series->count; i++)
		if (series->snapshots[i]->process.live_bytes >
		    series->snapshots[peak]->process.live_bytes)
			peak = i;
	return peak;
}

/* -- output -- */

/* Returns the index of a frame in ftbl; 0 is "[root]". */
static uint64_t frame_number(struct writer *writer, const struct frame *frame)
{
	struct known_frame *known;

	HASH_FIND_PTR(writer->frames, &frame, known);
	if (!known) {
		// NOLINTNEXTLINE(bugprone-sizeof-expression)
		MEM_GROW(writer->list, writer->count, writer->capacity);
		writer->list[writer->count++] = frame;
		known = mem_zeroed(1, sizeof *known);
		known->frame = frame;
		known->number = writer->count;
		HASH_ADD_PTR(writer->frames, frame, known);
	}
	return known->number;
}

static void write_point(struct json *json, struct writer *writer, size_t number)
{
	const struct stack *stack = &writer->stacks->list[number];
	const struct point *point = &writer->points[number];

	json_object(json, NULL);
	json_unsigned(json, "tb", stack->new[STACKS_ALLOCATED_BYTES]);
	json_unsigned(json, "tbk", stack->new[STACKS_ALLOCATED_BLOCKS]);
	json_unsigned(json, "tl", point->lives < 1e18 ? (uint64_t)point->lives : (uint64_t)1e18);
	json_unsigned(json, "mb", point->highest_bytes);
	json_unsigned(json, "mbk", point->highest_blocks);
	json_unsigned(json, "gb", point->peak_bytes);
	json_unsigned(json, "gbk", point->peak_blocks);
	json_unsigned(json, "eb", stack->new[STACKS_LIVE_BYTES]);
	json_unsigned(json, "ebk", stack->new[STACKS_LIVE_BLOCKS]);
	json_array(json, "fs");
	for (uint32_t i = 0; i < stack->frame_count; i++)
		json_unsigned(json, NULL, frame_number(writer, stack->frames[i]));
	json_end_array(json);
	json_end_object(json);
}

static uint64_t microseconds(const struct snapshot *snapshot)
{
	uint64_t time = snapshot->process.uptime_ns / 1000;

	return time ? time : 1;
}

static void write_head(struct json *json, const struct writer *writer)
{
	const struct series *series = writer->run->series;
	const struct snapshot *last = series->snapshots[series->count - 1];
	char *command = names_command(last), *title = names_title(last),
	     *mode = mem_format("silt, %s", title);

	json_unsigned(json, "dhatFileVersion", 2);
	json_string(json, "mode", mode);
	json_string(json, "verb", "Allocated");
	json_bool(json, "bklt", true);
	json_bool(json, "bkacc", false);
	json_string(json, "tu", "µs");
	json_string(json, "Mtu", "s");
	json_unsigned(json, "tuth", 1000);
	json_string(json, "cmd", command);
	json_unsigned(json, "pid", last->process.pid);
	json_unsigned(json, "tg", microseconds(series->snapshots[writer->peak]));
	json_unsigned(json, "te", microseconds(last));
	free(mode);
	free(title);
	free(command);
}

static void write_frames(struct json *json, const struct writer *writer)
{
	struct names *names = names_new();

	json_array(json, "ftbl");
	json_string(json, NULL, "[root]");
	for (size_t i = 0; i < writer->count; i++) {
		char *place = names_place(names, writer->list[i]);

		json_string(json, NULL, place);
		free(place);
	}
	json_end_array(json);
	names_free(names);
}

void dhat_write(FILE *file, const struct export_run *run)
{
	const struct series *series = run->series;
	struct profile *profile =
		profile_new(run->context, series->snapshots[series->count - 1], run->blame);
	struct stacks *stacks = stacks_new(NULL, profile, run->filters);
	struct writer writer = {.run = run, .stacks = stacks, .peak = find_peak(series)};
	struct json json = {.file = file};
	struct known_frame *frame, *next;

	writer.points = mem_zeroed(stacks->count, sizeof *writer.points);
	for (uint32_t i = 0; i < series->site_count; i++)
		add_site(&writer, i);
	json_object(&json, NULL);
	write_head(&json, &writer);
	json_array(&json, "pps");
	for (size_t i = 0; i < stacks->count; i++)
		write_point(&json, &writer, i);
	json_end_array(&json);
	write_frames(&json, &writer);
	json_end_object(&json);
	json_finish(&json);
	HASH_ITER(hh, writer.frames, frame, next)
	{
		HASH_DEL(writer.frames, frame);
		free(frame);
	}
	free(writer.list);
	free(writer.points);
	stacks_free(stacks);
	profile_free(profile);
}
