/* Prints the allocator's memory: see heap_view.h. */
#include "render/heap_view.h"

#include <stdio.h>

#include "util/size.h"

void heap_view_print(const struct silt_process *process)
{
	uint64_t mapped = process->heap_mapped_bytes;
	char arena[SIZE_TEXT], used[SIZE_TEXT], within[SIZE_TEXT], top[SIZE_TEXT];

	if (!process->heap_arena_bytes)
		return;
	printf("the allocator has %s from the system: %s in use, %s free, of which %s at the end "
	       "could go back\n",
	       size_format(arena, (double)(process->heap_arena_bytes + mapped), false),
	       size_format(used, (double)(process->heap_used_bytes + mapped), false),
	       size_format(within, (double)process->heap_free_bytes, false),
	       size_format(top, (double)process->heap_trimmable_bytes, false));
}
