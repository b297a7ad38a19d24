/*
 * A snapshot in terms of source code: every site with its frames and its blamed frame.
 * Called by commands.
 * Must not: know files on disk, or print.
 */
#ifndef SILT_MODEL_PROFILE_H
#define SILT_MODEL_PROFILE_H

#include "load/snapshot.h"
#include "model/blame.h"
#include "symbolize/symbolize.h"

struct profile_site {
	const struct frame **frames; /* innermost first; at least one */
	uint32_t frame_count;
	uint32_t blamed; /* index of the blamed frame */
	const struct snapshot_site *counters;
};

struct profile {
	const struct snapshot *snapshot;
	struct profile_site *sites;
	uint64_t site_count;
	const struct frame **frames;	      /* of all sites */
	const struct symbol_module **modules; /* of the snapshot, as the symbolizer knows them */
};

/* What several profiles share: symbols of modules that they have in common are read once. */
struct profile_context;
struct profile_context *profile_context_new(void);
void profile_context_free(struct profile_context *context);
struct symbolizer *profile_context_symbolizer(struct profile_context *context);

/* The snapshot, which must outlive it, symbolized. Frames live as long as the context. */
struct profile *profile_new(struct profile_context *context, const struct snapshot *snapshot,
			    const struct blame *blame);
void profile_free(struct profile *profile);

#endif
