/* Divides the sites of a program into parts: see parts_division.h. */
#include "diagnose/parts_division.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "diagnose/parts.h"
#include "model/profile.h"
#include "model/series.h"
#include "symbolize/frame.h"
#include "util/mem.h"

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

/* Hashes a line, which may be inlined in several places; without lines, a call by its address. */
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

void parts_divide(struct parts *parts, const struct profile *last, enum parts_level level,
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
		/* a site that the last snapshot lacks is a part by itself */
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
