/* Reports when memory limits are reached: see limits.h. */
#include "control/limits.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "record/track.h"

static uint64_t limit_of(int resource)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	rt_syscall(SYS_getrlimit, resource, (long)&limit, 0, 0, 0, 0);
	return limit.rlim_cur;
}

const char *limits_no_memory(void)
{
	if (limit_of(RLIMIT_AS) != RLIM_INFINITY)
		return ": no memory within the limit of address space (ulimit -v): raise that "
		       "limit by half";
	if (limit_of(RLIMIT_DATA) != RLIM_INFINITY)
		return ": no memory within the limit of data (ulimit -d): raise that limit";
	return ": no memory";
}

static void add_size(void *sum, uintptr_t start, uintptr_t end)
{
	*(uint64_t *)sum += end - start;
}

void limits_report_refused(void)
{
	uint64_t refused = track_take_refused(), limit = limit_of(RLIMIT_AS), ours = 0;
	char numbers[160];
	struct rt_text text = {numbers, sizeof numbers, 0};

	rt_each_mapping(add_size, &ours);
	if (!refused || limit == RLIM_INFINITY || refused > ours)
		return;
	rt_text_number(&text, limit >> 10);
	rt_text(&text, "), of which libsilt takes ");
	rt_text_number(&text, (ours >> 20) + 1);
	rt_say("an allocation failed at the limit of address space (ulimit -v ", numbers,
	       " MiB: raise that limit by as much");
}
