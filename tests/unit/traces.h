/*
 * Profiles made by hand: sites with frames and counters, for tests of model/.
 */
#ifndef SILT_TESTS_TRACES_H
#define SILT_TESTS_TRACES_H

#include "load/snapshot.h"
#include "model/profile.h"
#include "symbolize/frame.h"

#define TRACES_MAX 64
#define TRACES_FRAMES 8

struct traces {
	struct profile profile;
	struct snapshot snapshot;
	struct profile_site sites[TRACES_MAX];
	struct snapshot_site counters[TRACES_MAX];
	struct frame frames[TRACES_MAX][TRACES_FRAMES];
	const struct frame *pointers[TRACES_MAX][TRACES_FRAMES];
};

void traces_begin(struct traces *traces);
/* A site of `count` live blocks, `size` bytes in all; frames "file:line" innermost first, NULL
 * at the end. */
void traces_add(struct traces *traces, uint64_t size, uint64_t count, const char *const *frames);

#endif
