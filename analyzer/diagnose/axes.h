/*
 * How far a program has come: growth is judged along its work, not along the clock alone.
 * Must not: know what the figures are of.
 *
 * The clock runs on while a program waits, or the machine has no time for it. So there are up to
 * three axes:
 *   seconds  of the clock;
 *   active   seconds in which it worked: of an interval with far less work than usual only a part counts, of one without none. Work
 *            is silt_iteration(), or else blocks freed: these are no part of a growth, while what is allocated for good is, and
 *            ends when a cache is full;
 *   work     the same, where it is much: what slows down with it is not filling up.
 */
#ifndef SILT_DIAGNOSE_AXES_H
#define SILT_DIAGNOSE_AXES_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/growth.h"
#include "model/series.h"

struct axes {
	/* snapshots judged */
	size_t start, end;
	const double *seconds;
	/* by snapshot: counted by the program, or blocks freed */
	double *work;
	/* by snapshot: blocks allocated */
	double *made;
	/* the work is the program's own count */
	bool counted;
};

/* A figure over time. */
struct axes_figure {
	/* by snapshot, or by entry of `at` */
	const double *values;
	/* snapshots that it is known of; NULL: all */
	const uint32_t *at;
	/* of `at` */
	size_t count;
	/* set by axes_judge(): it is known at some snapshots only */
	bool seldom;
	/* whose frees are no work: those of realloc; NULL: of nothing */
	const struct series_point *own;
	/* blocks that the rise consists of, or took: where they are few a standstill may be
	 * chance */
	double events;
};

struct axes_judgement {
	struct growth growth;
	/* it grew evenly, and stands still at the end while the program works on */
	bool full;
	/* seconds at the end in which neither it nor the program's work went on; 0: none */
	double idle;
};

/* Of snapshots [start, end) of a series, which has to outlive it. */
struct axes *axes_new(const struct series *series, size_t start, size_t end);
void axes_free(struct axes *axes);
/* The snapshots at which each sixth of the program's time at work begins; the last is that at
 * the end. */
#define AXES_SIXTHS 6
void axes_sixths(const struct axes *axes, size_t edges[AXES_SIXTHS + 1]);
/* Seconds at work since the start, by snapshot; `own` as in a figure. To be freed. */
double *axes_active(const struct axes *axes, const struct series_point *own);
struct axes_judgement axes_judge(const struct axes *axes, const struct axes_figure *figure);
/* A figure by snapshot along the blocks that the program has allocated. It tells a program that
 * slows down from a growth that does; a cache that fills, and for which alone it allocates, rises
 * evenly along them, too. */
struct growth axes_along_made(const struct axes *axes, const double *values);

#endif
