#include "control/fork.h"

#include "annotations/annotations.h"
#include "base/rt.h"
#include "record/blocks.h"
#include "record/frees.h"
#include "record/mapped.h"
#include "record/sites.h"
#include "record/track.h"
#include "unwind/general.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

static void lock_but_pools(void)
{
	track_before_fork();
	frees_before_fork();
	mapped_before_fork();
	sites_before_fork();
	unwind_general_before_fork(); /* before rules: a walk by libunwind takes its locks so */
	rules_before_fork();
	annotations_before_fork();
	modules_before_fork();
	blocks_before_fork();
	rt_before_fork();
}

void fork_lock_all(void)
{
	annotations_pools_before_fork();
	lock_but_pools();
}

bool fork_try_lock_all(void)
{
	if (!annotations_pools_before_copy())
		return false;
	lock_but_pools();
	return true;
}

void fork_unlock_all(void)
{
	rt_after_fork();
	blocks_after_fork();
	modules_after_fork();
	annotations_after_fork();
	rules_after_fork();
	unwind_general_after_fork();
	sites_after_fork();
	mapped_after_fork();
	frees_after_fork();
	track_after_fork();
	annotations_pools_after_fork();
}
