/*
 * Output of `silt holders`: who holds the live blocks, with the paths from the holder to the
 * blocks; as text, JSON and a graph.
 */
#ifndef SILT_RENDER_HOLDERS_VIEW_H
#define SILT_RENDER_HOLDERS_VIEW_H

#include "model/filter.h"
#include "model/holders.h"
#include "render/choices.h"

struct profile;

struct holders_view {
	const struct options *options;
	/* Globs: only holders of this name; only paths to blocks that a function of this name
	 * allocated. NULL: all. */
	const char *global, *function;
	/* only paths to blocks allocated at these sites; empty: all */
	struct filter_list sites;
};

/* Prints a line for each holder on standard output, with its paths below. */
void holders_text(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders);
/* Prints JSON (silt.holders/1) on standard output. */
void holders_json(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders);
/* Prints a graph for Graphviz on standard output. */
void holders_dot(const struct holders_view *view, const struct holders *holders);

/* -- shared by the three formats -- */

#define HOLDERS_VIEW_PATHS 16 /* paths shown under a holder, the largest first */

/* Returns true if the user asked for this holder. */
bool holders_view_wants(const struct holders_view *view, const struct holder *holder);
/* Returns the index of the next path at or after `from` that the user asked for; path_count:
 * there is none. */
size_t holders_view_next_path(const struct holders_view *view, const struct holder *holder,
			      size_t from);
/* Returns the holder whose paths are shown for `holder`: of several that hold blocks together,
 * the first. */
const struct holder *holders_view_described(const struct holder *holder);

#endif
