/*
 * A run over time: the same call sites in all of its snapshots.
 * Must not: judge, print.
 *
 * A run is read as a stream (load/run_files.h). site_numbers.h finds the same sites in each
 * snapshot, site_state.h their states. Of these only the changes since the snapshot before are
 * kept (deltas.h), so that memory grows with the changes, not with sites times snapshots.
 * series_walk() and the functions built on it read the state of a site at each snapshot back, in
 * order. The snapshots keep their process record, strings, mappings and threads; series_whole()
 * reads the rest of one again.
 */
#ifndef SILT_MODEL_SERIES_H
#define SILT_MODEL_SERIES_H

#include "load/snapshot.h"

#define SERIES_NONE UINT32_MAX

/* A site at one snapshot. */
struct series_point {
	/* live blocks and bytes */
	uint64_t blocks, bytes;
	/* blocks allocated since recording began */
	uint64_t total_blocks;
};

/* What the heap graph of a snapshot shows of a site; with sampling, of the sampled blocks. */
struct series_tally {
	uint64_t blocks, bytes;
	/* of these, those that no root reaches */
	uint64_t lost_blocks, lost_bytes;
	/* of the lost, those born before the last interval */
	uint64_t old_blocks, old_bytes;
	/* bytes of large blocks up to the last byte that is not zero */
	uint64_t used;
};

/* The state of a site at one snapshot. */
struct series_state {
	/* the snapshot has a record of the site; if not, the other members are 0 */
	bool present;
	struct series_point point;
	/* from the last snapshot up to this one that has a heap graph */
	struct series_tally graph;
	/* surviving blocks by generation of birth, in ascending order */
	const struct snapshot_bin *bins;
	size_t bin_count;
	/* generations in each bin */
	uint64_t width;
};

/* The difference between a site's states at one snapshot and the one before, with the same width
 * of bins. All numbers are differences, and wrap around. */
struct series_change {
	struct series_point point;
	/* bins that differ, in ascending order */
	const struct snapshot_bin *bins;
	size_t bin_count;
};

struct series_store;

struct series {
	/* Sorted by time: by the monotonic clock within a process. series_whole() gives a
	 * snapshot with sites, call stacks and graph. */
	struct snapshot **snapshots;
	size_t count;
	/* by snapshot: seconds since recording began */
	double *seconds;
	size_t site_count;
	struct series_store *store;
};

/* Makes a series of snapshots in any order, and takes ownership of them. They must be of one
 * process, or of one program at different times. They are kept whole. Free with series_free(). */
struct series *series_new(struct snapshot **snapshots, size_t count);
/* Makes a series of at least one file. Files are read one after the other, and not kept.
 * `with_end`: include snapshots taken while the process ended; they are included in any case if
 * there are no others. Returns NULL and an error if a file cannot be read. */
struct series *series_read(char *const *paths, size_t count, bool with_end,
			   struct snapshot_error *error);
void series_free(struct series *series);

/* -- sites: numbers from 0 to site_count - 1 -- */

/* Calls `visit` for each snapshot in order. `state` is valid during the call. `visit` must not
 * call series_walk(). */
typedef void series_visit(void *argument, size_t snapshot, const struct series_state *state);
void series_walk(const struct series *series, uint32_t site, series_visit *visit, void *argument);
/* Calls `visit` for each snapshot at which the site has changed, apart from what graphs show.
 * Far cheaper than series_walk(), because most sites change seldom. */
typedef void series_visit_change(void *argument, size_t snapshot,
				 const struct series_change *change);
void series_walk_changes(const struct series *series, uint32_t site, series_visit_change *visit,
			 void *argument);
/* Stores a site's figures at each snapshot in an array of series->count elements. */
void series_points(const struct series *series, uint32_t site, struct series_point *points);
/* Return a site's figures at one snapshot. Cheap if called for one site after the other, and for
 * the snapshots of a site in order. */
struct series_point series_point(const struct series *series, uint32_t site, size_t snapshot);
struct series_tally series_tally(const struct series *series, uint32_t site, size_t snapshot);
/* Returns a site's state at one snapshot, valid until the next call. Cheap in the same order. */
const struct series_state *series_state(const struct series *series, uint32_t site,
					size_t snapshot);
/* Returns the live blocks of a site at a snapshot that were born in generations [first, end). If
 * a bin is wider than a generation, counts only bins that lie within: a block that is not known
 * to be so old counts as younger. Cheap in the same order. */
uint64_t series_survivors(const struct series *series, uint32_t site, size_t snapshot,
			  uint64_t first, uint64_t end);

/* -- snapshots -- */

/* Returns a snapshot with all its parts, which is read again if need be; NULL: its file is gone.
 * It stays whole until series_shed(). The last snapshot of a series is always whole. */
const struct snapshot *series_whole(const struct series *series, size_t snapshot);
/* Drops what series_whole() has read. Does nothing for the last snapshot, and for series_new(). */
void series_shed(const struct series *series, size_t snapshot);
/* Returns, by record of a whole snapshot, the site. */
const uint32_t *series_site_of(const struct series *series, size_t snapshot);
/* Returns the record of a site in a whole snapshot, the last if there are several; SERIES_NONE:
 * there is none. */
uint32_t series_record(const struct series *series, uint32_t site, size_t snapshot);

/* Returns the last snapshot with a heap graph before `end`; SERIES_NONE: there is none. */
uint32_t series_graph_before(const struct series *series, size_t end);
/* Returns the number of snapshots, from the first, that were taken before the end of the process
 * began; more if there would be fewer than `least`. */
size_t series_usable(const struct series *series, size_t least);

#endif
