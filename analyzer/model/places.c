/* Numbers what frames are grouped by: see places.h. */
#include "model/places.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "symbolize/frame.h"
#include "util/mem.h"

/* -- keys -- */

void places_key_add(struct places_key *key, const void *bytes, size_t size)
{
	while (key->size + size > key->capacity) {
		key->capacity = key->capacity ? key->capacity * 2 : 256;
		key->bytes = mem_resize(key->bytes, key->capacity, 1);
	}
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
}

static void key_string(struct places_key *key, const char *text)
{
	places_key_add(key, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* Identifies a frame without a line by its module and address. */
static void key_place(struct places_key *key, const struct frame *frame)
{
	if (statistics_has_line(frame)) {
		key_string(key, frame->file);
		places_key_add(key, &frame->line, sizeof frame->line);
	} else {
		key_string(key, "");
		key_string(key, frame->module_path);
		places_key_add(key, &frame->address, sizeof frame->address);
	}
}

static void key_frame(struct places_key *key, const struct frame *frame, enum statistics_key kind)
{
	switch (kind) {
	case KEY_LINE:
	case KEY_TRACEBACK:
		key_place(key, frame);
		break;
	case KEY_FUNCTION:
		if (frame->function) {
			key_string(key, frame->function);
			key_string(key, statistics_has_line(frame) ? frame->file : "");
			key_string(key, frame->module_path);
		} else {
			key_place(key, frame);
		}
		break;
	case KEY_FILE:
		if (statistics_has_line(frame))
			key_string(key, frame->file);
		else {
			key_string(key, "");
			key_string(key, frame->module_path);
		}
		break;
	case KEY_MODULE:
		key_string(key, frame->module_path);
		break;
	}
}

char *statistics_key_of(const struct frame *frame, enum statistics_key kind, size_t *size)
{
	struct places_key key = {0};

	key_frame(&key, frame, kind);
	*size = key.size;
	return key.bytes;
}

/* -- places -- */

struct place {
	char *key;
	/* from 1 */
	uint32_t number;
	UT_hash_handle hh;
};

static uint32_t place_by_key(struct places *places, const struct frame *frame,
			     enum statistics_key kind)
{
	struct places_key *key = &places->key;
	struct place *place;

	key->size = 0;
	key_frame(key, frame, kind);
	HASH_FIND(hh, places->list, key->bytes, key->size, place);
	if (!place) {
		place = mem_zeroed(1, sizeof *place);
		place->key = mem_alloc(key->size);
		memcpy(place->key, key->bytes, key->size);
		place->number = HASH_COUNT(places->list) + 1;
		HASH_ADD_KEYPTR(hh, places->list, place->key, key->size, place);
	}
	return place->number;
}

uint32_t places_of(struct places *places, const struct frame *frame, enum statistics_key kind)
{
	uint32_t number = frame->number;

	if (number == 0)
		return place_by_key(places, frame, kind);
	if (number >= places->of_frame_count) {
		size_t count = (number + 1ul) * 2;

		places->of_frame = mem_resize(places->of_frame, count, sizeof *places->of_frame);
		memset(places->of_frame + places->of_frame_count, 0,
		       (count - places->of_frame_count) * sizeof *places->of_frame);
		places->of_frame_count = count;
	}
	if (!places->of_frame[number])
		places->of_frame[number] = place_by_key(places, frame, kind);
	return places->of_frame[number];
}

void places_free(struct places *places)
{
	struct place *place, *next;

	HASH_ITER(hh, places->list, place, next)
	{
		HASH_DEL(places->list, place);
		free(place->key);
		free(place);
	}
	free(places->key.bytes);
	free(places->of_frame);
}
