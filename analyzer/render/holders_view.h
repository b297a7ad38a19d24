/*
 * What `silt holders` shows: who holds the live blocks, with the paths from there; as text, JSON
 * and a graph.
 */
#ifndef SILT_RENDER_HOLDERS_VIEW_H
#define SILT_RENDER_HOLDERS_VIEW_H

#include "model/filter.h"
#include "model/holders.h"
#include "render/choices.h"

struct profile;

struct holders_view {
	const struct options *options;
	/* globs: only holders of this name, only paths to blocks that a function of this name
	 * allocated; NULL: all */
	const char *global, *function;
	/* only paths to blocks that were allocated there; none: all */
	struct filter_list sites;
};

/* On standard output: a holder a line, its paths below. */
void holders_text(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders);
/* silt.holders/1 */
void holders_json(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders);
/* For Graphviz. */
void holders_dot(const struct holders_view *view, const struct holders *holders);

/* -- what the three share -- */

#define HOLDERS_VIEW_PATHS 16 /* under a holder, largest first */

/* Is it one of those that were asked for? */
bool holders_view_wants(const struct holders_view *view, const struct holder *holder);
/* The next wanted path at or after `from`; path_count: none. */
size_t holders_view_next_path(const struct holders_view *view, const struct holder *holder,
			      size_t from);
/* Whose paths are shown for a holder: the first of several that hold together. */
const struct holder *holders_view_described(const struct holder *holder);

#endif
