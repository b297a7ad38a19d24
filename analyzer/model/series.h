/*
 * A run over time: the same call sites in all of its snapshots.
 * Must not: judge, print.
 *
 * A run is read as a stream: of each snapshot only what has changed since the one before is kept,
 * by site (deltas.h), so that memory grows with the changes, not with sites times snapshots. What a
 * site was at each snapshot is read back in order by series_walk(), or by the functions built on
 * it. The snapshots themselves keep their process record, their strings, mappings and threads;
 * series_whole() reads the rest of one again.
 */
#ifndef SILT_MODEL_SERIES_H
#define SILT_MODEL_SERIES_H

#include "load/snapshot.h"

#define SERIES_NONE UINT32_MAX

/* A site at one snapshot. */
struct series_point {
	/* live */
	uint64_t blocks, bytes;
	/* allocated since recording began */
	uint64_t total_blocks;
};

/* What the heap graph of a snapshot says of a site; sampled, of the blocks that were taken. */
struct series_tally {
	uint64_t blocks, bytes;
	/* of these, reached by no root */
	uint64_t lost_blocks, lost_bytes;
	/* of these, born before the last interval */
	uint64_t old_blocks, old_bytes;
	/* bytes of large blocks up to the last one that is not zero */
	uint64_t used;
};

/* All that is known of a site at one snapshot. */
struct series_state {
	/* the snapshot has a record of it; else the rest is 0 */
	bool present;
	struct series_point point;
	/* of the last snapshot so far that has a heap graph */
	struct series_tally graph;
	/* its survivors by generation of birth, in ascending order */
	const struct snapshot_bin *bins;
	size_t bin_count;
	/* generations a bin */
	uint64_t width;
};

/* How a site differs from what it was at the snapshot before, whose bins have been made as wide;
 * all numbers are differences, and wrap around. */
struct series_change {
	struct series_point point;
	/* in ascending order, of those that differ */
	const struct snapshot_bin *bins;
	size_t bin_count;
};

struct series_store;

struct series {
	/* In order of time, by the monotonic clock within a process. Use series_whole() for
	 * sites, call stacks, the graph. */
	struct snapshot **snapshots;
	size_t count;
	/* since recording began, by snapshot */
	double *seconds;
	size_t site_count;
	struct series_store *store;
};

/* Takes the snapshots over, in any order; they must be of one process, or of the same program
 * at different times. They are kept whole. */
struct series *series_new(struct snapshot **snapshots, size_t count);
/* The same of files, which are read one after the other and not kept; at least one. `with_end`:
 * also those that were taken while the process ended; if there are no others they are taken in
 * any case. NULL and an error: one cannot be read. */
struct series *series_read(char *const *paths, size_t count, bool with_end,
			   struct snapshot_error *error);
void series_free(struct series *series);

/* -- sites: numbers from 0 to before site_count -- */

/* Calls `visit` for each snapshot in order; what `state` points to is gone after the call.
 * `visit` must not walk itself. */
typedef void series_visit(void *argument, size_t snapshot, const struct series_state *state);
void series_walk(const struct series *series, uint32_t site, series_visit *visit, void *argument);
/* The same for snapshots at which something has changed, but for what graphs say: cheaper by far,
 * as most sites are mostly as before. */
typedef void series_visit_change(void *argument, size_t snapshot,
				 const struct series_change *change);
void series_walk_changes(const struct series *series, uint32_t site, series_visit_change *visit,
			 void *argument);
/* A site at each snapshot, into an array of series->count. */
void series_points(const struct series *series, uint32_t site, struct series_point *points);
/* A site at one snapshot. Cheap if one asks for one site after the other, and for its snapshots
 * in order. */
struct series_point series_point(const struct series *series, uint32_t site, size_t snapshot);
struct series_tally series_tally(const struct series *series, uint32_t site, size_t snapshot);
/* The same, with everything; it is valid until the next question. */
const struct series_state *series_state(const struct series *series, uint32_t site,
					size_t snapshot);
/* Live blocks of a site at a snapshot that were born in generations from `first` to before
 * `end`. Where a bin is wider than a generation, only bins that lie within are counted: what is
 * not known to be that old is taken to be younger. Cheap as above. */
uint64_t series_survivors(const struct series *series, uint32_t site, size_t snapshot,
			  uint64_t first, uint64_t end);

/* -- snapshots -- */

/* A snapshot with everything, read again if need be; NULL: its file is gone. It stays whole
 * until series_shed(). The last one of a series is whole. */
const struct snapshot *series_whole(const struct series *series, size_t snapshot);
void series_shed(const struct series *series,
		 size_t snapshot); /* nothing for series_new()'s, and for the last one */
/* By record of a snapshot that is whole: its site. */
const uint32_t *series_site_of(const struct series *series, size_t snapshot);
/* The record of a site in a snapshot that is whole, of several the last; SERIES_NONE: it has
 * none. */
uint32_t series_record(const struct series *series, uint32_t site, size_t snapshot);

/* The last snapshot with a heap graph before `end`; SERIES_NONE: there is none. */
uint32_t series_graph_before(const struct series *series, size_t end);
/* How many snapshots, from the first, were taken before the end of the process began; where
 * fewer than `least` would be left, more. */
size_t series_usable(const struct series *series, size_t least);

#endif
