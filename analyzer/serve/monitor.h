/*
 * The figures of the runs at and below a directory, looked at again as they grow.
 * Must not: print, keep a snapshot in memory.
 */
#ifndef SILT_SERVE_MONITOR_H
#define SILT_SERVE_MONITOR_H

#include <stdint.h>

#include "load/snapshot.h"
#include "serve/figures.h"

/* Processes told of, those with the newest snapshots: what a monitoring system has to keep does
 * not grow with a directory that nobody clears. */
#define MONITOR_PROCESSES 50

struct monitor {
	char *path;
	/* by the name of the run */
	struct process_figures **list;
	size_t count;
	/* runs beyond MONITOR_PROCESSES, and such as cannot be read; processes that could not be
	 * recorded */
	uint64_t left_out, unreadable, unrecorded;
	/* what is wrong with the last that cannot be read; "": nothing */
	struct snapshot_error error;
};

/* Nothing is looked at yet. */
struct monitor *monitor_new(const char *path);
/* Judges what has new snapshots. A run that is thinned out meanwhile keeps the figures that it
 * had. False: there is no run, or the directory cannot be read; `error` says so. */
bool monitor_look(struct monitor *monitor);
void monitor_free(struct monitor *monitor);

#endif
