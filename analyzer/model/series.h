/*
 * A run over time: the same call sites in all of its snapshots.
 * Called by commands, diagnose/.
 * Must not: judge, print.
 */
#ifndef SILT_MODEL_SERIES_H
#define SILT_MODEL_SERIES_H

#include "load/snapshot.h"

#define SERIES_NONE UINT32_MAX

/* A site at one snapshot. */
struct series_point {
	uint64_t blocks, bytes; /* live */
	uint64_t total_blocks;	/* allocated since recording began */
};

struct series_site {
	struct series_point *points; /* by snapshot */
	uint32_t *records;	     /* by snapshot: its index in snapshot->sites, or SERIES_NONE */
};

struct series {
	struct snapshot **snapshots; /* in order of time, by the monotonic clock within a process */
	size_t count;
	double *seconds; /* since recording began, by snapshot */
	struct series_site *sites;
	size_t site_count;
	uint32_t **site_of; /* by snapshot and record: index in `sites` */
	/* by snapshot and record: another record of the same site (a module that was loaded at different places); SERIES_NONE */
	uint32_t **same_site;
};

/* Takes the snapshots over, in any order; they must be of one process, or of the same program at different times. */
struct series *series_new(struct snapshot **snapshots, size_t count);
void series_free(struct series *series);

/* The last snapshot with a heap graph before `end`; SERIES_NONE: there is none. */
uint32_t series_graph_before(const struct series *series, size_t end);
/* How many snapshots, from the first, were taken before the end of the process began; where fewer than `least` would be left, more. */
size_t series_usable(const struct series *series, size_t least);
/* Live blocks of a site at a snapshot that were born in generations from `first` to before `end`. Where a bin is wider than a
 * generation, only bins that lie within are counted: what is not known to be that old is taken to be younger. */
uint64_t series_survivors(const struct series *series, const struct series_site *site, size_t snapshot,
			  uint64_t first, uint64_t end);

#endif
