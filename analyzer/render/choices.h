/*
 * What the user wants to see of a result, and how: the options that cli/options.c reads.
 */
#ifndef SILT_RENDER_CHOICES_H
#define SILT_RENDER_CHOICES_H

#include <stdbool.h>
#include <stdint.h>

#include "load/run_moment.h"
#include "model/blame.h"
#include "model/filter.h"
#include "model/statistics.h"

struct options {
	struct statistics_options statistics;
	struct filter_list filters;
	struct blame blame;
	size_t blame_capacity;
	/* entries shown; UINT64_MAX: all */
	uint64_t limit;
	/* frames shown under an entry; 0: none */
	uint64_t traceback;
	bool json, colour;
	/* the snapshot that stands for a run */
	enum run_moment moment;
};

#endif
