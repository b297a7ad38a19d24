/* model/series.c: the order and the times of snapshots, whatever the wall clock does meanwhile. */
#include "model/series.h"
#include "suites.h"
#include "util/mem.h"

#define SECOND 1000000000u

static struct snapshot *snapshot_at(uint32_t pid, uint64_t start, uint64_t uptime, uint64_t wall)
{
	struct snapshot *snapshot = mem_zeroed(1, sizeof *snapshot);

	snapshot->process.pid = pid;
	snapshot->process.start_unix_ns = start * SECOND;
	snapshot->process.uptime_ns = uptime * SECOND;
	snapshot->process.time_unix_ns = wall * SECOND;
	return snapshot;
}

static struct series *series_of(struct snapshot *a, struct snapshot *b, struct snapshot *c)
{
	struct snapshot **list = mem_zeroed(3, sizeof(struct snapshot *));

	list[0] = a;
	list[1] = b;
	list[2] = c;
	return series_new(list, 3);
}

START_TEST(clock_set_back)
{
	struct series *series = series_of(snapshot_at(7, 1000, 30, 400), snapshot_at(7, 1000, 10, 1010),
					  snapshot_at(7, 1000, 20, 9000));

	for (int i = 0; i < 3; i++)
		ck_assert_double_eq_tol(series->seconds[i], (i + 1) * 10, 1e-6);
	ck_assert_uint_eq(series->snapshots[2]->process.time_unix_ns, 400ul * SECOND);
	series_free(series);
}
END_TEST

START_TEST(one_after_the_other)
{
	struct series *series = series_of(snapshot_at(9, 1100, 5, 1105), snapshot_at(7, 1000, 10, 1010),
					  snapshot_at(8, 1050, 1, 1051));

	ck_assert_double_eq_tol(series->seconds[0], 10, 1e-6);
	ck_assert_double_eq_tol(series->seconds[1], 51, 1e-6);
	ck_assert_double_eq_tol(series->seconds[2], 105, 1e-6);
	series_free(series);
}
END_TEST

Suite *series_suite(void)
{
	return suite_of("series", (const TTest *const[]){clock_set_back, one_after_the_other, NULL});
}
