/* Forked children that end at once: see run_children.h. */
#include "base/rt.h"
#include "control/run_children.h"

#define SHORT_LIFE_NS 1000000000ul /* a child that lives longer is recorded */
#define RECORDED_CHILDREN 256u	   /* so many short-lived children are recorded */

struct counts {
	_Atomic uint64_t short_lived, not_recorded;
};

enum answer { ANSWER_NONE, ANSWER_RECORDED, ANSWER_COUNTED };

static struct {
	struct counts *counts;
	/* 0: this process was not forked since exec */
	uint64_t forked_ns;
	_Atomic uint32_t answer;
} children;

void run_children_start(void)
{
	children.counts = rt_map_shared(RT_PAGE);
}

void run_children_after_fork(void)
{
	children.forked_ns = rt_monotonic_ns();
	atomic_store(&children.answer, ANSWER_NONE);
}

bool run_children_only_counted(void)
{
	uint32_t answer = atomic_load(&children.answer);

	if (answer != ANSWER_NONE)
		return answer == ANSWER_COUNTED;
	if (!children.counts || !children.forked_ns ||
	    rt_monotonic_ns() - children.forked_ns > SHORT_LIFE_NS)
		return false;
	answer = atomic_fetch_add(&children.counts->short_lived, 1) < RECORDED_CHILDREN
			 ? ANSWER_RECORDED
			 : ANSWER_COUNTED;
	if (answer == ANSWER_COUNTED)
		atomic_fetch_add(&children.counts->not_recorded, 1);
	atomic_store(&children.answer, answer);
	return answer == ANSWER_COUNTED;
}

uint64_t run_children_not_recorded(void)
{
	return children.counts ? atomic_load(&children.counts->not_recorded) : 0;
}
