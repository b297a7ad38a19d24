/*
 * The parts of a program that are judged, each with its blocks over time: source lines, or on
 * request callers of a line, or single call stacks. All call stacks of a line together have one
 * figure, so a shift from one of them to another is not growth.
 * Must not: judge.
 *
 * Memory: some 3 KB for each part and 100 snapshots; of a call stack only its number.
 */
#ifndef SILT_DIAGNOSE_PARTS_H
#define SILT_DIAGNOSE_PARTS_H

#include "diagnose/axes.h"
#include "model/profile.h"
#include "model/series.h"

struct snapshot_bin;

#define PARTS_NONE UINT32_MAX
#define PARTS_AGES 3
#define PARTS_MOMENTS 2
#define PARTS_BIRTHS (1 + AXES_SIXTHS)

enum parts_level {
	/* the blamed line; without line numbers the blamed call */
	PARTS_LINE,
	/* the blamed line and the line that called its function, skipping recursion */
	PARTS_CALLER,
	PARTS_STACK,
	PARTS_FUNCTION, /* the blamed function */
	PARTS_ALL,	/* all sites in one part */
};

/* Numbers of blocks by generation of birth, unsorted; a generation may have several entries. */
struct parts_bins {
	struct snapshot_bin *list;
	size_t count, capacity;
	/* entries, from the first, that have distinct generations */
	size_t joined;
};

struct part {
	enum parts_level level;
	/* sites of the series, those that grew most first */
	uint32_t *sites;
	size_t site_count;
	/* by snapshot: the sums of its sites */
	struct series_point *points;
	/* by judged snapshot: live blocks that were then older than parts->ages[i] intervals;
	 * for age 0 also their bytes */
	double *old[PARTS_AGES], *old_bytes;
	/* by age: blocks that were born in the first half and had that age at its end: their
	 * number at the end of the first half, and at the last snapshot judged */
	double before[PARTS_AGES], after[PARTS_AGES];
	/* live blocks at two thirds of the time and at its end, by time of birth: before the
	 * first snapshot judged, in the first sixth of the active time, ... */
	double born[PARTS_MOMENTS][PARTS_BIRTHS];
	/* at the last snapshot judged */
	struct parts_bins left;
};

struct parts {
	const struct series *series;
	/* snapshots judged: [start, end) */
	size_t start, end;
	/* snapshots at which each sixth of the active time begins */
	size_t sixths[AXES_SIXTHS + 1];
	uint64_t ages[PARTS_AGES];
	size_t age_count;
	struct part *list;
	size_t count, capacity;
	/* by site of the series */
	uint32_t *part_of;
};

/* Makes the parts of the sites in `among` (NULL: of all sites). `last`: the profile of the last
 * snapshot judged. Free with parts_free(). */
struct parts *parts_new(const struct series *series, const struct axes *axes,
			const struct profile *last, enum parts_level level, const bool *among);
void parts_free(struct parts *parts);
/* Moves a part of `others` to `parts` and returns its number. Its sites leave the parts that
 * they were in; their live blocks are subtracted there, but not the survivors that those parts
 * were judged by. */
uint32_t parts_take(struct parts *parts, struct parts *others, uint32_t number);
/* Returns a part's live blocks at the last snapshot judged that were born in generations [first,
 * end), counting whole bins only. */
uint64_t parts_survivors(const struct parts *parts, uint32_t number, uint64_t first, uint64_t end);
/* Returns how much a part grew from the start to the end, in bytes or blocks. */
double parts_growth(const struct parts *parts, const struct series_point *points, bool bytes);

#endif
