/*
 * A snapshot in terms of source code: every site with its frames and its blamed frame.
 * Must not: know files on disk, or print.
 */
#ifndef SILT_MODEL_PROFILE_H
#define SILT_MODEL_PROFILE_H

#include "load/snapshot.h"
#include "model/blame.h"
#include "symbolize/symbolize.h"

struct frame;

#define PROFILE_DIRECTLY UINT32_MAX

struct profile_site {
	/* innermost first; at least one */
	const struct frame **frames;
	/* all, or the innermost profile.depth */
	uint32_t frame_count;
	/* index of the blamed frame */
	uint32_t blamed;
	/* of an allocator of the program's own that was called by it; PROFILE_DIRECTLY */
	uint32_t through;
	const struct snapshot_site *counters;
};

struct profile {
	const struct snapshot *snapshot;
	struct profile_site *sites;
	uint64_t site_count;
	/* of all sites */
	const struct frame **frames;
	/* as snapshot->freed: who freed; `counters` of the site whose block it was */
	struct profile_site *freers;
	/* of all of them */
	const struct frame **freer_frames;
	/* As snapshot->mapped, with counters of mappings for blocks, and as
	 * snapshot->unmappers, without. */
	struct profile_site *mapped, *unmappers;
	struct snapshot_site *mapped_counters;
	const struct frame **mapped_frames, **unmapper_frames;
	/* frames of a site that there is room for; UINT32_MAX: all */
	uint32_t depth;
	/* of the snapshot, as the symbolizer knows them */
	const struct symbol_module **modules;
};

/* What several profiles share: symbols of modules that they have in common are read once. */
struct profile_context;
struct profile_context *profile_context_new(void);
void profile_context_free(struct profile_context *context);
/* Before the profiles of another process: its allocators are told anew; symbols are kept. */
void profile_context_renew(struct profile_context *context);
struct symbolizer *profile_context_symbolizer(struct profile_context *context);

/* Most frames of all sites together, 8 bytes each. Where there are more, call stacks are cut to
 * what fits, and a note says so: a file of some MB can describe a million call stacks of
 * thousands of frames, with what is inlined in any file it names. */
extern size_t profile_most_frames;

/* The snapshot, which must outlive it, symbolized. Frames live as long as the context. What one
 * profile shows to be an allocator of the program's own is one in all that follow: of several
 * snapshots of a run the last comes first. */
struct profile *profile_new(struct profile_context *context, const struct snapshot *snapshot,
			    const struct blame *blame);
void profile_free(struct profile *profile);

#endif
