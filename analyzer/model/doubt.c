/*
 * Whether silt could see the heap of a program: see doubt.h.
 * Called by commands, diagnose/.
 * Must not: print.
 */
#include "model/doubt.h"

#include <stddef.h>

#define FEW_BLOCKS 1000		  /* the C library and its like make some hundreds by themselves */
#define MUCH_MEMORY (16ull << 20) /* beyond stacks and other data of a small program */
#define SMALL_PART 20		  /* less than 1/20 of it was seen */

const char *doubt_of(const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	uint64_t known = process->live_bytes + process->overhead_bytes;

	if (process->allocator == SILT_ALLOCATOR_PROGRAM)
		return "inconclusive: the program has a malloc of its own, which comes before silt's: its "
		       "blocks are not "
		       "recorded; link the "
		       "allocator as a shared library";
	if (process->total_blocks == 0)
		return "inconclusive: not one allocation was recorded; either the program made none, or it "
		       "has "
		       "an allocator of its own "
		       "that silt does not see";
	if (!process->sample_bytes && process->total_blocks < FEW_BLOCKS &&
	    process->anonymous_rss_bytes > known + MUCH_MEMORY &&
	    process->live_bytes < (process->anonymous_rss_bytes - process->overhead_bytes) / SMALL_PART)
		return "inconclusive: few allocations were recorded, though the process has much memory of "
		       "its own; it may have "
		       "an allocator that silt does not see";
	return NULL;
}
