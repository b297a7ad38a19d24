/*
 * How the process of a run came to its end, as far as its run directory says.
 * Must not: judge, print.
 */
#ifndef SILT_MODEL_RUN_END_H
#define SILT_MODEL_RUN_END_H

#include <stdbool.h>

#include "load/ended.h"
#include "model/series.h"

struct snapshot;

struct run_end {
	/* a signal ended it, which `ended` describes */
	bool known;
	struct ended ended;
	/* the last snapshot that a limit of memory has caused, owned by the series; NULL: none did
	 */
	const struct snapshot *pressed;
	/* no snapshot came after that one */
	bool is_last;
	/* from that snapshot, or else the last one, to the end */
	double seconds;
};

void run_end_look(struct run_end *end, const struct series *series);

#endif
