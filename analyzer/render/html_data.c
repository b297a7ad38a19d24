/*
 * Writes what the script of the page of `silt html` reads:
 *   moments   [{t, sequence, label, live, blocks, rss}], t in seconds
 *   strings   every text, once
 *   frames    four numbers each: place, function, file, module, as indices of strings; -1: unknown
 *   nodes     two numbers each: how many nodes before it its parent is (one more than there are:
 *             none; parents are callers), frame
 *   sites     two numbers each: the innermost node less that of the site before (0 before the
 *             first), how many frames out from it the blamed one is
 *   series    by site: [moment, live bytes, live blocks, allocated blocks, ...], only moments at
 *             which one of the three changed
 * Must not: write a character that has a meaning in HTML.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "render/html_page.h"
#include "render/json.h"
#include "render/text.h"
#include "symbolize/frame.h"
#include "util/mem.h"

/* Limit of the numbers in the series of all sites. Beyond it moments are thinned, so that a
 * browser can hold the page. */
#define MOST_POINTS 8000000u

struct interned {
	char *text;
	int64_t number;
	UT_hash_handle hh;
};

struct interned_frame {
	const struct frame *frame;
	int64_t number;
	UT_hash_handle hh;
};

struct interned_node {
	/* parent + 1 and frame */
	uint64_t key;
	int64_t number;
	UT_hash_handle hh;
};

struct tables {
	struct interned *strings;
	struct interned_frame *frames;
	struct interned_node *nodes;
	int64_t string_count, frame_count, node_count;
	/* four numbers for each frame */
	int64_t *frame_fields;
	size_t field_count, field_capacity;
	/* as they are written */
	int64_t *node_fields;
	size_t node_field_count, node_capacity;
	char **texts;
	size_t text_count, text_capacity;
};

static int64_t intern(struct tables *tables, const char *text)
{
	struct interned *found;

	if (!text)
		return -1;
	HASH_FIND_STR(tables->strings, text, found);
	if (!found) {
		found = mem_zeroed(1, sizeof *found);
		found->text = mem_string(text);
		found->number = tables->string_count++;
		HASH_ADD_KEYPTR(hh, tables->strings, found->text, strlen(found->text), found);
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		MEM_GROW(tables->texts, tables->text_count, tables->text_capacity);
		tables->texts[tables->text_count++] = found->text;
	}
	return found->number;
}

static void add_field(struct tables *tables, int64_t value)
{
	MEM_GROW(tables->frame_fields, tables->field_count, tables->field_capacity);
	tables->frame_fields[tables->field_count++] = value;
}

static int64_t intern_frame(struct tables *tables, const struct frame *frame)
{
	struct interned_frame *found;
	char *place = NULL;
	size_t size = 0;
	FILE *memory;

	HASH_FIND_PTR(tables->frames, &frame, found);
	if (found)
		return found->number;
	found = mem_zeroed(1, sizeof *found);
	found->frame = frame;
	found->number = tables->frame_count++;
	HASH_ADD_PTR(tables->frames, frame, found);
	memory = open_memstream(&place, &size);
	if (memory) {
		text_place_on(memory, frame, KEY_LINE);
		fclose(memory);
	}
	add_field(tables, intern(tables, place ? place : "<unknown>"));
	add_field(tables, intern(tables, frame->function));
	add_field(tables, statistics_has_line(frame) ? intern(tables, frame->file) : -1);
	add_field(tables, frame->module_path && frame->module_path[0]
				  ? intern(tables, frame->module_path)
				  : -1);
	free(place);
	return found->number;
}

static int64_t intern_node(struct tables *tables, int64_t parent, int64_t frame)
{
	uint64_t key = (uint64_t)(parent + 1) << 32 | (uint64_t)frame;
	struct interned_node *found;

	HASH_FIND(hh, tables->nodes, &key, sizeof key, found);
	if (found)
		return found->number;
	found = mem_zeroed(1, sizeof *found);
	found->key = key;
	found->number = tables->node_count++;
	HASH_ADD(hh, tables->nodes, key, sizeof key, found);
	MEM_GROW(tables->node_fields, tables->node_field_count, tables->node_capacity);
	tables->node_fields[tables->node_field_count++] = found->number - parent;
	MEM_GROW(tables->node_fields, tables->node_field_count, tables->node_capacity);
	tables->node_fields[tables->node_field_count++] = frame;
	return found->number;
}

static void free_tables(struct tables *tables)
{
	struct interned *string, *next_string;
	struct interned_frame *frame, *next_frame;
	struct interned_node *node, *next_node;

	HASH_ITER(hh, tables->strings, string, next_string)
	{
		HASH_DEL(tables->strings, string);
		free(string->text);
		free(string);
	}
	HASH_ITER(hh, tables->frames, frame, next_frame)
	{
		HASH_DEL(tables->frames, frame);
		free(frame);
	}
	HASH_ITER(hh, tables->nodes, node, next_node)
	{
		HASH_DEL(tables->nodes, node);
		free(node);
	}
	free(tables->frame_fields);
	free(tables->node_fields);
	free(tables->texts);
}

/* -- parts -- */

/* Chooses the snapshots to show: all, or an even spread that keeps the first and the last. */
static size_t *choose_moments(const struct series *series, size_t *count)
{
	size_t room = series->site_count ? MOST_POINTS / series->site_count : series->count,
	       *chosen;

	if (room < 2)
		room = 2;
	*count = series->count < room ? series->count : room;
	chosen = mem_zeroed(*count, sizeof *chosen);
	for (size_t i = 0; i < *count; i++)
		chosen[i] = *count == 1 ? 0 : i * (series->count - 1) / (*count - 1);
	return chosen;
}

static void write_moments(struct json *json, const struct series *series, const size_t *moments,
			  size_t count)
{
	json_array(json, "moments");
	for (size_t i = 0; i < count; i++) {
		const struct snapshot *snapshot = series->snapshots[moments[i]];

		json_object(json, NULL);
		json_real(json, "t", series->seconds[moments[i]]);
		json_unsigned(json, "sequence", snapshot->process.sequence);
		json_string(json, "label", snapshot->label);
		json_unsigned(json, "live", snapshot->process.live_bytes);
		json_unsigned(json, "blocks", snapshot->process.live_blocks);
		json_unsigned(json, "rss", snapshot->process.rss_bytes);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_numbers(struct json *json, const char *name, const int64_t *numbers, size_t count)
{
	json_array(json, name);
	for (size_t i = 0; i < count; i++)
		json_signed(json, NULL, numbers[i]);
	json_end_array(json);
}

static void write_changes(struct json *json, const struct series *series, uint32_t site,
			  const size_t *moments, size_t count)
{
	struct series_point before = {0, 0, 0};

	json_array(json, NULL);
	for (size_t i = 0; i < count; i++) {
		struct series_point now = series_point(series, site, moments[i]);

		if (now.bytes == before.bytes && now.blocks == before.blocks &&
		    now.total_blocks == before.total_blocks)
			continue;
		json_unsigned(json, NULL, i);
		json_unsigned(json, NULL, now.bytes);
		json_unsigned(json, NULL, now.blocks);
		json_unsigned(json, NULL, now.total_blocks);
		before = now;
	}
	json_end_array(json);
}

/* Every site is in the last snapshot, because a recording never drops one. */
static const struct profile_site *place_of(const struct html_page *page, uint32_t site)
{
	uint32_t record = series_record(page->series, site, page->series->count - 1);

	return record == SERIES_NONE ? NULL : &page->profile->sites[record];
}

void html_data(FILE *file, const struct html_page *page)
{
	const struct series *series = page->series;
	struct json json = {.file = file, .inert = true, .lines = 1};
	struct tables tables = {.strings = NULL};
	int64_t *sites = mem_zeroed(2 * series->site_count + 1, sizeof *sites);
	size_t moment_count, *moments = choose_moments(series, &moment_count), site_fields = 0;
	int64_t before = 0;

	for (uint32_t i = 0; i < series->site_count; i++) {
		const struct profile_site *site = place_of(page, i);
		int64_t node = -1;

		if (!site)
			continue;
		for (uint32_t k = site->frame_count; k-- > 0;)
			node = intern_node(&tables, node, intern_frame(&tables, site->frames[k]));
		sites[site_fields++] = node - before;
		before = node;
		sites[site_fields++] = site->blamed;
	}
	json_object(&json, NULL);
	write_moments(&json, series, moments, moment_count);
	json_array(&json, "strings");
	for (size_t i = 0; i < tables.text_count; i++)
		json_string(&json, NULL, tables.texts[i]);
	json_end_array(&json);
	write_numbers(&json, "frames", tables.frame_fields, tables.field_count);
	write_numbers(&json, "nodes", tables.node_fields, tables.node_field_count);
	write_numbers(&json, "sites", sites, site_fields);
	json_array(&json, "series");
	for (uint32_t i = 0; i < series->site_count; i++)
		if (place_of(page, i))
			write_changes(&json, series, i, moments, moment_count);
	json_end_array(&json);
	json_end_object(&json);
	free_tables(&tables);
	free(moments);
	free(sites);
}
