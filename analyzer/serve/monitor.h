/*
 * The figures of the runs at and below a directory, kept up to date as the runs grow.
 * Must not: print, keep a snapshot in memory.
 */
#ifndef SILT_SERVE_MONITOR_H
#define SILT_SERVE_MONITOR_H

#include <stdint.h>

#include "load/snapshot.h"
#include "serve/figures.h"

/* Most processes reported, those with the newest snapshots: so a monitoring system's data do not
 * grow with a directory that nobody clears. */
#define MONITOR_PROCESSES 50

struct monitor {
	char *path;
	/* sorted by the name of the run */
	struct process_figures **list;
	size_t count;
	/* runs beyond MONITOR_PROCESSES; runs that cannot be read; processes that could not be
	 * recorded */
	uint64_t left_out, unreadable, unrecorded;
	/* why the last of the unreadable runs cannot be read; "": there is none */
	struct snapshot_error error;
};

/* Looks at nothing yet. Free with monitor_free(). */
struct monitor *monitor_new(const char *path);
/* Judges the runs that have new snapshots. A run that is thinned out meanwhile keeps its
 * figures. Returns false, with the cause in `error`, if there is no run, or the directory cannot
 * be read. */
bool monitor_look(struct monitor *monitor);
void monitor_free(struct monitor *monitor);

#endif
