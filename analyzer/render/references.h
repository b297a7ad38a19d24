/*
 * Output of `silt refs`: pointers by call site, with the names of the objects that hold them.
 */
#ifndef SILT_RENDER_REFERENCES_H
#define SILT_RENDER_REFERENCES_H

#include "render/choices.h"

struct filter_list;
struct profile;
struct snapshot_code;
struct snapshot_edge;
struct snapshot_graph;
struct snapshot_verdict;

struct refs {
	const struct profile *profile;
	const struct snapshot_graph *graph;
	struct symbolizer *symbolizer;
	const struct options *options;
	/* sites asked for with --site; empty: all */
	const struct filter_list *sites;
	/* `from`: the edges sorted by target; `to`: sorted by source, edges of roots last */
	const struct snapshot_edge **from, **to;
};

/* Prepares `refs`. The arguments must outlive it; the snapshot of the profile must have a heap
 * graph. Free with refs_close(). */
void refs_open(struct refs *refs, struct profile_context *context, const struct profile *profile,
	       const struct options *options, const struct filter_list *sites);
void refs_close(struct refs *refs);
/* Returns the sites the user asked for, by live bytes; the caller frees the array. */
const struct snapshot_verdict **refs_choose(const struct refs *view, size_t *count);
/* Returns the edges that lead from a site to others (`to`), or the edges that point to the site,
 * those with most pointers first; stores their number in `count`. The array belongs to `view`. */
const struct snapshot_edge **refs_edges_of(const struct refs *view, uint32_t site, bool to,
					   size_t *count);
/* Returns the name of the function, or the table of functions, that a code pointer leads to;
 * NULL: unknown. */
const char *refs_code_name(const struct refs *view, const struct snapshot_code *code);
/* Returns the name of a root: a variable, "stack of FUNCTION", or its kind and address; the
 * caller frees it. */
char *refs_root_name(const struct refs *view, uint32_t number);
/* Return the live bytes and live blocks of a site. */
uint64_t refs_verdict_bytes(const struct snapshot_verdict *verdict);
uint64_t refs_verdict_blocks(const struct snapshot_verdict *verdict);

/* Prints the pointers on standard output, as text or JSON (silt.refs/1). */
void refs_view_print(struct profile_context *context, const struct profile *profile,
		     const struct options *options, const struct filter_list *sites);

#endif
