/*
 * How much was live at each snapshot of a run, grouped by source line, function, file or module.
 * Must not: judge, print.
 */
#ifndef SILT_MODEL_TREND_H
#define SILT_MODEL_TREND_H

#include "model/series.h"
#include "model/statistics.h"

struct frame;
struct profile;
struct profile_site;

struct trend_row {
	/* a frame with the row's key */
	const struct frame *frame;
	/* the site with most live bytes at the end */
	const struct profile_site *example;
	/* by snapshot: live bytes, live blocks, blocks allocated since recording began */
	uint64_t *bytes, *blocks, *allocated;
};

struct trend {
	/* sorted by the growth of live bytes from `first` to the last snapshot, then by live
	 * bytes */
	struct trend_row *rows;
	size_t count, snapshots;
};

/* `profile` must be that of the last snapshot, which has every site of its process. Sites of
 * other processes that it lacks are left out. `options`: key and filters. Growth is counted from
 * snapshot `first`. Free with trend_free(). */
struct trend *trend_new(const struct series *series, const struct profile *profile,
			const struct statistics_options *options, size_t first);
void trend_free(struct trend *trend);

static inline double trend_growth(const struct trend *trend, const struct trend_row *row,
				  size_t first)
{
	return (double)row->bytes[trend->snapshots - 1] - (double)row->bytes[first];
}

#endif
