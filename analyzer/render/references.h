/*
 * Pointers by call site, with the names of what they come from: what `silt refs` shows.
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
	/* --site; none: all */
	const struct filter_list *sites;
	/* edges by target; by source, those of roots last */
	const struct snapshot_edge **from, **to;
};

/* The profile, whose snapshot has a heap graph, and all others must outlive it. */
void refs_open(struct refs *refs, struct profile_context *context, const struct profile *profile,
	       const struct options *options, const struct filter_list *sites);
void refs_close(struct refs *refs);
/* The sites that are wanted, by live bytes; to be freed. */
const struct snapshot_verdict **refs_choose(const struct refs *view, size_t *count);
/* The edges to (or from) a site, most pointers first: the first of them, and how many. */
const struct snapshot_edge **refs_edges_of(const struct refs *view, uint32_t site, bool to,
					   size_t *count);
/* The function, or the table of functions, that a word leads to; NULL: unknown. */
const char *refs_code_name(const struct refs *view, const struct snapshot_code *code);
/* What a root is called, to be freed: a variable, "stack of FUNCTION", or its kind and address. */
char *refs_root_name(const struct refs *view, uint32_t number);
/* Live bytes and blocks of a site. */
uint64_t refs_verdict_bytes(const struct snapshot_verdict *verdict);
uint64_t refs_verdict_blocks(const struct snapshot_verdict *verdict);

/* Prints it all on standard output, as text or JSON (silt.refs/1). */
void refs_view_print(struct profile_context *context, const struct profile *profile,
		     const struct options *options, const struct filter_list *sites);

#endif
