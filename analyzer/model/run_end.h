/*
 * Finds how the process of a run ended, as far as its run directory says.
 * Must not: judge, print.
 */
#ifndef SILT_MODEL_RUN_END_H
#define SILT_MODEL_RUN_END_H

#include <stdbool.h>

#include "load/ended.h"
#include "model/series.h"

struct snapshot;

struct run_end {
	/* true if a signal ended the process; `ended` describes it */
	bool known;
	struct ended ended;
	/* the last snapshot that a memory limit triggered, owned by the series; NULL: there is
	 * none */
	const struct snapshot *pressed;
	/* true if that snapshot is the last of the run */
	bool is_last;
	/* seconds from that snapshot, or else from the last one, to the end */
	double seconds;
};

void run_end_look(struct run_end *end, const struct series *series);

#endif
