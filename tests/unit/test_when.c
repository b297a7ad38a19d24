/* preload/graph/when.c: what automatic graphs may take of the time. */
#include <unistd.h>

#include "graph/graph.h"
#include "record/counters.h"
#include "suites.h"

START_TEST(nothing_is_spent_in_advance)
{
	graph_budget_begins();
	atomic_store(&counters_live, 400l << 20); /* a second's work */
	ck_assert(!graph_is_due());
	ck_assert(graph_is_cheap());
	atomic_store(&counters_live, 0);
	ck_assert(graph_is_due());
}
END_TEST

START_TEST(the_last_one_is_earned_back)
{
	graph_budget_begins();
	atomic_store(&counters_live, 0);
	graph_note_cost(100000000, 0);
	ck_assert(!graph_is_due());
	graph_note_cost(1000, 0);
	usleep(1000);
	ck_assert(graph_is_due());
	atomic_store(&counters_live, 4000l << 20);
	ck_assert(!graph_is_due());
	ck_assert(!graph_is_cheap());
	atomic_store(&counters_live, 0);
}
END_TEST

Suite *when_suite(void)
{
	return suite_of("when", (const TTest *const[]){nothing_is_spent_in_advance,
						       the_last_one_is_earned_back, NULL});
}
