/*
 * Which sites count: --include and --exclude, with the meaning of tracemalloc's Filter and
 * Snapshot.filter_traces.
 * Must not: print.
 */
#ifndef SILT_MODEL_FILTER_H
#define SILT_MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/profile.h"

/*
 * One PATTERN[:LINE]. A frame matches if the glob (fnmatch; * also matches a slash) matches the
 * whole of its file's path, or of its function's name, or of its module's file name, and, where a
 * line is given, its line is that one. A traceback matches by its blamed frame, or with
 * `all_frames` by any of its frames.
 */
struct filter {
	char *pattern;
	/* 0: any */
	unsigned line;
	bool inclusive;
};

struct filter_list {
	struct filter *filters;
	size_t count, capacity;
	bool all_frames;
};

/* Adds PATTERN[:LINE]. */
void filter_add(struct filter_list *list, const char *text, bool inclusive);
void filter_free(struct filter_list *list);

/* Includes are ORed; any matching exclude drops. */
bool filter_keeps(const struct filter_list *list, const struct profile_site *site);

#endif
