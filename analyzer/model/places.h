/*
 * What frames are grouped by, numbered: so that a traceback is compared as a run of numbers.
 * Must not: print, know files.
 */
#ifndef SILT_MODEL_PLACES_H
#define SILT_MODEL_PLACES_H

#include <stddef.h>

#include "model/statistics.h"

struct frame;

/* A run of bytes that grows. */
struct places_key {
	char *bytes;
	size_t size, capacity;
};
void places_key_add(struct places_key *key, const void *bytes, size_t size);

/* Zeroed to begin with; one kind of key is asked of it. */
struct places {
	struct place *list;
	struct places_key key;
	/* by the frame's number; 0: not known yet */
	uint32_t *of_frame;
	size_t of_frame_count;
};

/* The number, from 1, of what this frame is grouped by: the same for all frames that are alike
 * in it. */
uint32_t places_of(struct places *places, const struct frame *frame, enum statistics_key kind);
void places_free(struct places *places);

#endif
