/*
 * What several processes together prove.
 * Must not: merge processes: each is judged by itself.
 */
#ifndef SILT_DIAGNOSE_WHOLE_H
#define SILT_DIAGNOSE_WHOLE_H

#include "diagnose/finding.h"

struct series;

struct whole {
	/* judged */
	uint64_t leaking, clean;
	/* too little is known of them */
	uint64_t inconclusive;
	/* allocated nothing: no evidence for anything */
	uint64_t idle;
	/* of the inconclusive: ended while their heap rose, or for want of memory */
	uint64_t cut_short;
	/* no snapshot of them could be written */
	uint64_t unrecorded;
};

/* True if nothing was allocated from the warm-up to the end of the series: then nothing is
 * proven by what did not grow. */
bool whole_is_idle(const struct series *series, size_t start, size_t end);

/* Counts one process by its verdict. */
void whole_add(struct whole *whole, const struct diagnosis *diagnosis);
/* Leaking if one process is. Clean only if all were recorded, none was cut short, and at least half
 * of those that worked could be judged. */
enum diagnosis_verdict whole_verdict(const struct whole *whole);
/* Why the whole is inconclusive, or how many were judged, in a sentence; to be freed. */
char *whole_sentence(const struct whole *whole);

#endif
