/*
 * Output of `silt overhead`: runs of a program with and without the library, their medians and
 * spread.
 */
#ifndef SILT_RENDER_OVERHEAD_VIEW_H
#define SILT_RENDER_OVERHEAD_VIEW_H

#include <stdbool.h>
#include <stdint.h>

enum { OVERHEAD_WALL, OVERHEAD_CPU, OVERHEAD_MEMORY, OVERHEAD_FIGURES };

struct overhead_side {
	/* by run, sorted: wall time in seconds, processor time in seconds, memory in bytes */
	double *values[OVERHEAD_FIGURES];
	/* median, lower quartile, upper quartile */
	double median[OVERHEAD_FIGURES], low[OVERHEAD_FIGURES], high[OVERHEAD_FIGURES];
	/* wait status of the last run */
	int status;
};

struct overhead {
	char **command;
	/* runs on each side */
	uint64_t runs;
	struct overhead_side without, with;
	/* size and number of the snapshots of the last run with silt */
	uint64_t written_bytes, written_files;
};

/* Prints the comparison on standard output, as text or JSON (silt.overhead/1). */
void overhead_view_print(const struct overhead *m, bool as_json);
/* Returns the exit status that a shell shows for a wait status: 128+N if signal N ended the
 * program. */
int overhead_exit_of(int status);

#endif
