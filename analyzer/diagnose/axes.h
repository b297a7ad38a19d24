/*
 * Measures how far a program has come, because growth is judged along its work, not along the clock
 * alone.
 * Must not: know what the figures are of.
 *
 * The clock runs on while a program waits, or while the machine has no time for it. So a figure is
 * judged along up to three axes:
 *   seconds  of the clock;
 *   active   seconds in which the program worked. An interval with far less work than usual counts
 *            in part, an interval without work not at all. Work is counted by silt_iteration(), or
 *            else is the number of blocks freed: frees are no part of a growth, while allocations
 *            that stay are, and these end when a cache is full;
 *   work     the amount of work, if there is much: a figure that slows down only because the work
 *            does is not filling up.
 */
#ifndef SILT_DIAGNOSE_AXES_H
#define SILT_DIAGNOSE_AXES_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/growth.h"
#include "model/series.h"

struct axes {
	/* snapshots judged: [start, end) */
	size_t start, end;
	const double *seconds;
	/* by snapshot: iterations that the program counted, or blocks freed */
	double *work;
	/* by snapshot: blocks allocated */
	double *made;
	/* true if `work` is the program's own count */
	bool counted;
};

/* A figure over time. */
struct axes_figure {
	/* by snapshot, or by entry of `at` if that is not NULL */
	const double *values;
	/* snapshots at which the figure is known; NULL: all */
	const uint32_t *at;
	/* number of entries of `at` */
	size_t count;
	/* set by axes_judge(): the figure is known at some snapshots only */
	bool seldom;
	/* a part whose frees do not count as work, because realloc frees; NULL: none */
	const struct series_point *own;
	/* blocks that the rise consists of: if they are few, a standstill may be chance */
	double events;
};

struct axes_judgement {
	struct growth growth;
	/* the figure grew evenly, and stands still at the end while the program works on */
	bool full;
	/* seconds at the end in which neither the figure rose nor the program worked; 0: none */
	double idle;
};

/* Makes the axes of snapshots [start, end) of a series, which must outlive them. Free with
 * axes_free(). */
struct axes *axes_new(const struct series *series, size_t start, size_t end);
void axes_free(struct axes *axes);
/* Stores the snapshots at which each sixth of the program's active time begins; the last entry
 * is the snapshot at its end. */
#define AXES_SIXTHS 6
void axes_sixths(const struct axes *axes, size_t edges[AXES_SIXTHS + 1]);
/* Returns the active seconds since the start, by snapshot; the caller frees the array. `own`: as
 * in struct axes_figure. */
double *axes_active(const struct axes *axes, const struct series_point *own);
struct axes_judgement axes_judge(const struct axes *axes, const struct axes_figure *figure);
/* Judges a figure along the blocks that the program has allocated. It distinguishes a program
 * that slows down from a growth that slows down; but a cache also rises evenly along this axis,
 * if the program allocates only to fill it. */
struct growth axes_along_made(const struct axes *axes, const double *values);

#endif
