/*
 * Selects sites: --include and --exclude, with the meaning of tracemalloc's Filter and
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
 * whole of its file's path, its function's name or its module's file name, and the line, if given,
 * is the frame's. A call stack matches by its blamed frame, or with `all_frames` by any of its
 * frames.
 */
struct filter {
	char *pattern;
	/* 0: any line */
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

/* Returns true if the filters keep the site: no exclude matches it, and, if there are includes,
 * one of them does. */
bool filter_keeps(const struct filter_list *list, const struct profile_site *site);

#endif
