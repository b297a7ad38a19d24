/*
 * The parts of a program that are judged, each with its blocks over time: source lines, or where
 * asked callers of a line, or single call stacks. What many stacks of one line keep together is one
 * figure; what moves from one of them to another is no growth.
 * Must not: judge.
 *
 * Memory: some 3 KB a part and 100 snapshots, nothing by call stack but its number.
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
	/* that, and the line of the function that called it; recursion is passed over */
	PARTS_CALLER,
	PARTS_STACK,
	PARTS_FUNCTION, /* the blamed function */
	PARTS_ALL,	/* all that is looked at */
};

/* Numbers of blocks by generation of birth, in no order; some may be there twice. */
struct parts_bins {
	struct snapshot_bin *list;
	size_t count, capacity;
	/* of these, none is there twice */
	size_t joined;
};

struct part {
	enum parts_level level;
	/* in series->sites, those that grew most first */
	uint32_t *sites;
	size_t site_count;
	/* by snapshot: the sums of its sites */
	struct series_point *points;
	/* by snapshot judged: live blocks that were older then than parts->ages[i] intervals;
	 * for age 0 their bytes, too */
	double *old[PARTS_AGES], *old_bytes;
	/* of the blocks that were born in the first half and were that old at its end: how many
	 * were there then, and at the last */
	double before[PARTS_AGES], after[PARTS_AGES];
	/* live blocks at two thirds of the time and at the end, by when they were born: before
	 * the first snapshot judged, in the first sixth of the time at work, ... */
	double born[PARTS_MOMENTS][PARTS_BIRTHS];
	/* at the last snapshot judged */
	struct parts_bins left;
};

struct parts {
	const struct series *series;
	/* snapshots judged */
	size_t start, end;
	/* snapshots at which each sixth of the time at work begins */
	size_t sixths[AXES_SIXTHS + 1];
	uint64_t ages[PARTS_AGES];
	size_t age_count;
	struct part *list;
	size_t count, capacity;
	/* by site of the series */
	uint32_t *part_of;
};

/* The parts of the sites in `among` (NULL: of all sites). `last` is the profile of the last
 * snapshot judged. */
struct parts *parts_new(const struct series *series, const struct axes *axes,
			const struct profile *last, enum parts_level level, const bool *among);
void parts_free(struct parts *parts);
/* Moves a part of `others` over; its sites leave the parts that they were in, whose live blocks
 * are less then; their survivors stand for what they were judged by. Returns its number. */
uint32_t parts_take(struct parts *parts, struct parts *others, uint32_t number);
/* Live blocks of a part at the last snapshot judged that were born in generations from `first`
 * to before `end`: whole bins only. */
uint64_t parts_survivors(const struct parts *parts, uint32_t number, uint64_t first, uint64_t end);
/* How much more there is of a part at the end than at the start. */
double parts_growth(const struct parts *parts, const struct series_point *points, bool bytes);

#endif
