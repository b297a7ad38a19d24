/*
 * The numbers of a run's snapshots, and which of them are kept, so that disk space stays bounded:
 * the first, the last and every stride-th.
 * Path: cold. Threads: those that write snapshots, under the run's lock. Memory: static.
 * Must not: remove the snapshot of the peak, which has no number.
 */
#ifndef SILT_RUN_KEPT_H
#define SILT_RUN_KEPT_H

#include <stdint.h>

struct rt_text;

/* Begins a run without snapshots. */
void run_kept_begin(void);
/* The number of the last snapshot; 0: there is none. */
uint64_t run_kept_last(void);
/* The number of the next snapshot. If an automatic interval has grown, it is the next multiple of
 * the stride, which will be kept. */
uint64_t run_kept_next(uint32_t trigger);
/* Appends the file name of a snapshot. */
void run_kept_name(struct rt_text *name, uint64_t sequence);
/* Notes that a snapshot was written. If more than --keep are kept, doubles the stride and removes
 * those between. `end_sequence`: number of the snapshot of the state before the end, which is not
 * removed; 0: there is none. */
void run_kept_add(int directory, uint64_t sequence, uint64_t end_sequence);

#endif
