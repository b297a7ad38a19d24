/*
 * Shows a progress bar on standard error, if that is a terminal and the work takes more than a
 * second.
 * Must not: print anything otherwise.
 */
#ifndef SILT_UTIL_PROGRESS_H
#define SILT_UTIL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *title;
	uint64_t total, start_ns, shown_ns;
	bool terminal;
};

/* `total`: what `done` is at the end, in any unit. `title` must live until progress_end(). */
void progress_begin(struct progress *progress, const char *title, uint64_t total);
void progress_step(struct progress *progress, uint64_t done);
/* Erases the bar. */
void progress_end(struct progress *progress);

#endif
