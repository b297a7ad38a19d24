/*
 * Earlier blocks: what was on the heap when an attach began recording. They are recorded at a call
 * site of their own, without a call stack.
 * Path: cold, once an attach. Threads: earlier_prepare() one of the program's, earlier_note() and
 * earlier_finish() the helper, earlier_take() the process that has stopped the threads. Memory: the
 * shadow's for these blocks, a table of mappings.
 * Must not: record any block if the allocator's own totals disagree.
 *
 * This is not done in a copy of the process (the twin): meanwhile the program would free some of
 * the blocks, and get others at their addresses. Its threads are stopped for as long as it takes to
 * visit each chunk once or twice, 16 to 26 ms of processor time for a million. A thread that was
 * stopped just before it freed or recorded a block leaves at most one entry too many.
 */
#ifndef SILT_EARLIER_H
#define SILT_EARLIER_H

#include <stdbool.h>
#include <stdint.h>

#define EARLIER_GENERATION 1u /* of these blocks; later blocks have higher ones */

/* Prepares, before the threads are stopped. Allocates and frees. False: the heap cannot be
 * walked. */
bool earlier_prepare(void);
/* Notes a mapping that may contain blocks; `is_heap`: the break. */
void earlier_note(uintptr_t start, uintptr_t end, bool is_heap);
/* Records the blocks. `still`: no thread of the program runs; if false, records nothing. */
void earlier_take(bool still);
/* Counts the recorded blocks. Returns enum silt_earlier. */
uint32_t earlier_finish(void);

/* Returns enum silt_earlier, and the blocks and bytes recorded since the last earlier_prepare(). */
uint32_t earlier_status(uint64_t *blocks, uint64_t *bytes);

#endif
