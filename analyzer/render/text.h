/*
 * Prints statistics and snapshots as text, in tracemalloc's format.
 * Must not: apply a rule of diagnosis.
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

/* Prints what identifies a frame under this key: "FILE:LINE", "symbol+0x1f (module)",
 * "module+0x1234". Never prints nothing. */
void text_place(const struct frame *frame, enum statistics_key key);
void text_place_on(FILE *file, const struct frame *frame, enum statistics_key key);
/* Prints a line for each entry, with its call stack if `options` ask for it. `difference`: both
 * sides are compared. Says so if there is nothing to show, or more than `limit`. */
void text_statistics(const struct statistics *statistics, bool difference,
		     const struct options *options);
/* Prints the call stack of a site, innermost frame first, at most `limit` frames. */
void text_traceback(const struct profile_site *site, uint64_t limit);
/* Prints where a site's blocks were allocated: place and function of its blamed frame. */
void text_site(const struct profile_site *site);
void text_site_on(FILE *file, const struct profile_site *site);
/* Prints place and function of a frame. */
void text_frame_on(FILE *file, const struct frame *frame);
/* Prints a few lines: which process, when, the totals; also what was lost, and how many call
 * stacks are incomplete, unless that is 0. */
void text_snapshot(const char *title, const struct snapshot *snapshot);

/* Prints how the heap graph was made, where the graph is incomplete. */
void text_graph(const struct silt_graph *graph);

#endif
