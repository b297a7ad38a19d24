/*
 * What `silt overhead` shows: runs of a program with and without the library, their medians and
 * spread.
 */
#ifndef SILT_RENDER_OVERHEAD_VIEW_H
#define SILT_RENDER_OVERHEAD_VIEW_H

#include <stdbool.h>
#include <stdint.h>

enum { OVERHEAD_WALL, OVERHEAD_CPU, OVERHEAD_MEMORY, OVERHEAD_FIGURES };

struct overhead_side {
	/* by run, sorted: seconds, seconds, bytes */
	double *values[OVERHEAD_FIGURES];
	/* with the quartiles */
	double median[OVERHEAD_FIGURES], low[OVERHEAD_FIGURES], high[OVERHEAD_FIGURES];
	/* of the last run, as wait(2) has it */
	int status;
};

struct overhead {
	char **command;
	/* of each kind */
	uint64_t runs;
	struct overhead_side without, with;
	/* snapshots of the last run with silt */
	uint64_t written_bytes, written_files;
};

/* Prints it on standard output, as text or JSON (silt.overhead/1). */
void overhead_view_print(const struct overhead *m, bool as_json);
/* The exit status that a shell would show: 128+N if signal N ended it. */
int overhead_exit_of(int status);

#endif
