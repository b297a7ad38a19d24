/*
 * The snapshot of the highest live bytes: peak.silt in the run directory, replaced by higher ones.
 * Path: cold. Threads: those that write snapshots, under the run's lock. Memory: static.
 * Must not: take part in the numbers of snapshots, or in which of them are kept.
 */
#ifndef SILT_RUN_PEAK_H
#define SILT_RUN_PEAK_H

#include "snapshot/writer.h"

/* A run of its own begins. */
void run_peak_forget(void);
/* A snapshot that stays has been written now: a lower peak is not worth a file. */
void run_peak_shown(void);
/* Writes the peak that was noted last, if there is one that has not been written. 0, or -errno: it
 * is tried again with the next snapshot. */
long run_peak_write(const struct snapshot_process *process, int directory);

#endif
