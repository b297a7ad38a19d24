/*
 * Blocks from before: what was on the heap when recording began, taken onto the books at a call
 * site of its own, without a call stack.
 * Path: cold, once an attach. Threads: earlier_prepare() one of the program's, earlier_note() and
 * earlier_finish() the helper, earlier_take() the process that has stopped the threads. Memory: the
 * shadow's for those blocks, a table of mappings.
 * Must not: take anything if the allocator's own totals say otherwise.
 *
 * Why not in a copy of the process (the twin): meanwhile the program would free some of the blocks,
 * and get others at their addresses. So it is done while its threads stand still, for as long as it
 * takes to look at each chunk once or twice: 0.43 to 0.57 ms for a thousand, as measured on a busy
 * machine. A thread that was about to free a block, or to record one, leaves one entry too many at
 * most.
 */
#ifndef SILT_EARLIER_H
#define SILT_EARLIER_H

#include <stdbool.h>
#include <stdint.h>

#define EARLIER_GENERATION 1u /* of these blocks; what is allocated after the attach is younger */

/* Before the threads stand still. Allocates and frees. False: there is nothing that can be
 * looked through. */
bool earlier_prepare(void);
/* A mapping in which blocks may lie; `is_heap`: the break. */
void earlier_note(uintptr_t start, uintptr_t end, bool is_heap);
/* Takes the blocks; `still`: all threads stand still. */
void earlier_take(bool still);
/* Counts them. What came of it: enum silt_earlier. */
uint32_t earlier_finish(void);

/* Blocks and bytes that were taken, and what came of it, since the last earlier_prepare(). */
uint32_t earlier_status(uint64_t *blocks, uint64_t *bytes);

#endif
