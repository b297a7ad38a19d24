/*
 * A snapshot in terms of source code: every site with its frames and its blamed frame.
 * Must not: know files on disk, print.
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
	/* all frames, or the innermost profile.depth */
	uint32_t frame_count;
	/* index of the blamed frame */
	uint32_t blamed;
	/* index of the frame of an own allocator, or of a function of the C library, that the
	 * blamed frame called; PROFILE_DIRECTLY: none */
	uint32_t through;
	const struct snapshot_site *counters;
};

struct profile {
	const struct snapshot *snapshot;
	struct profile_site *sites;
	uint64_t site_count;
	/* the frames of all sites */
	const struct frame **frames;
	/* in the order of snapshot->freed: the call stacks that freed; `counters` are of the
	 * freed block's site */
	struct profile_site *freers;
	/* the frames of all freers */
	const struct frame **freer_frames;
	/* In the order of snapshot->mapped, with counters of mappings in place of blocks, and in
	 * the order of snapshot->unmappers, without counters. */
	struct profile_site *mapped, *unmappers;
	struct snapshot_site *mapped_counters;
	const struct frame **mapped_frames, **unmapper_frames;
	/* frames kept of each site; UINT32_MAX: all */
	uint32_t depth;
	/* in the order of the snapshot's modules */
	const struct symbol_module **modules;
};

/* What several profiles share: the symbols of their modules are read once. */
struct profile_context;
struct profile_context *profile_context_new(void);
void profile_context_free(struct profile_context *context);
/* Prepares for the profiles of another process: forgets own allocators, keeps symbols. */
void profile_context_renew(struct profile_context *context);
struct symbolizer *profile_context_symbolizer(struct profile_context *context);

/* Most frames of all sites together, 8 bytes each. If a snapshot has more, its call stacks are
 * cut to fit, and a note says so: a file of some MB can describe a million call stacks of
 * thousands of frames. */
extern size_t profile_most_frames;

/* Symbolizes a snapshot, which must outlive the profile. Frames live as long as the context. A
 * function that one profile shows to be an own allocator is one in all later profiles of the
 * context: of several snapshots of a run make the last one's profile first. Free with
 * profile_free(). */
struct profile *profile_new(struct profile_context *context, const struct snapshot *snapshot,
			    const struct blame *blame);
void profile_free(struct profile *profile);
/* Returns the number of frames without the outermost ones, which call main or a thread's function:
 * every call stack ends with them. At least the blamed frame remains. */
uint32_t profile_before_start(const struct profile_site *site);

#endif
