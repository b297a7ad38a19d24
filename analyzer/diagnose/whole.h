/*
 * The verdict on several processes together.
 * Must not: merge processes: each is judged by itself.
 */
#ifndef SILT_DIAGNOSE_WHOLE_H
#define SILT_DIAGNOSE_WHOLE_H

#include "diagnose/finding.h"

struct series;

struct whole {
	/* processes that could be judged */
	uint64_t leaking, clean;
	/* processes of which too little is known */
	uint64_t inconclusive;
	/* processes that allocated nothing, and so prove nothing */
	uint64_t idle;
	/* of the inconclusive: killed while their heap rose, or out of memory */
	uint64_t cut_short;
	/* processes that could write no snapshot */
	uint64_t unrecorded;
};

/* Returns true if nothing was allocated from the warm-up to the end of the series. Then the
 * absence of growth proves nothing. */
bool whole_is_idle(const struct series *series, size_t start, size_t end);

/* Counts one process by its verdict. */
void whole_add(struct whole *whole, const struct diagnosis *diagnosis);
/* Returns the verdict: leaking if one process leaks; clean only if all were recorded, none was
 * cut short, and at least half of those that worked could be judged. */
enum diagnosis_verdict whole_verdict(const struct whole *whole);
/* Returns why the whole is inconclusive, or how many processes were judged, in a sentence; the
 * caller frees it. */
char *whole_sentence(const struct whole *whole);

#endif
