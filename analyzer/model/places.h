/*
 * Numbers what frames are grouped by, so that call stacks are compared as arrays of numbers.
 * Must not: print, know files.
 */
#ifndef SILT_MODEL_PLACES_H
#define SILT_MODEL_PLACES_H

#include <stddef.h>

#include "model/statistics.h"

struct frame;

/* A growing array of bytes. */
struct places_key {
	char *bytes;
	size_t size, capacity;
};
void places_key_add(struct places_key *key, const void *bytes, size_t size);

/* Zero it before use. It serves one kind of key. */
struct places {
	struct place *list;
	struct places_key key;
	/* by the frame's number; 0: not known yet */
	uint32_t *of_frame;
	size_t of_frame_count;
};

/* Returns the number, from 1, of what this frame is grouped by. Frames that are equal under the
 * key have the same number. */
uint32_t places_of(struct places *places, const struct frame *frame, enum statistics_key kind);
void places_free(struct places *places);

#endif
