/*
 * Statistics and snapshots as lines for people, as tracemalloc prints them.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_TEXT_H
#define SILT_RENDER_TEXT_H

#include <stdio.h>

#include "model/statistics.h"
#include "render/choices.h"

struct frame;
struct profile_site;
struct silt_graph;
struct snapshot;

/* "FILE:LINE", "symbol+0x1f (module)", "module+0x1234": what a frame is told by under this key.
 * Never nothing. */
void text_place(const struct frame *frame, enum statistics_key key);
void text_place_on(FILE *file, const struct frame *frame, enum statistics_key key);
/* A line each, with its traceback if that is asked for; `difference`: both sides are there.
 * Says so if there is nothing to show, or more. */
void text_statistics(const struct statistics *statistics, bool difference,
		     const struct options *options);
/* The call stack of a site, innermost frame first, at most `limit` frames. */
void text_traceback(const struct profile_site *site, uint64_t limit);
/* Where a site's blocks were allocated: the blamed frame's place and function. */
void text_site(const struct profile_site *site);
void text_site_on(FILE *file, const struct profile_site *site);
/* A frame in the same way. */
void text_frame_on(FILE *file, const struct frame *frame);
/* A few lines: which process, when, totals; what was lost and how good the unwinding was where
 * that is not perfect. */
void text_snapshot(const char *title, const struct snapshot *snapshot);

/* How the heap graph was made, where that is not perfect. */
void text_graph(const struct silt_graph *graph);

#endif
