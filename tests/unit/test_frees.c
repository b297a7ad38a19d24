/* preload/frees.c: of many frees few are looked at, and these stand for all of them. */
#include "record/frees.h"
#include "silt_snapshot.h"
#include "suites.h"

START_TEST(shares_are_right)
{
	enum { SITES = 200, FREES = 4000 };
	uint64_t random = 88172645463325252ul;
	double share = 0;
	uint64_t looked_at = 0;

	/* three of four blocks of each site by stack 1000, the others by 1001 */
	for (uint32_t site = 1; site <= SITES; site++) {
		double weights[2] = {0, 0};

		for (int i = 0; i < FREES; i++) {
			uint32_t weight = frees_choose(site, &random);

			if (weight)
				frees_add(site, i % 4 ? 1000 : 1001, SILT_FREED_FREE, weight);
		}
		for (const struct frees_record *record = frees_of(site); record;
		     record = frees_next(record)) {
			ck_assert_uint_eq(record->site, site);
			weights[record->stack - 1000] += (double)record->weight;
			looked_at += record->samples;
		}
		share += weights[0] / (weights[0] + weights[1]) / SITES;
	}
	ck_assert_double_eq_tol(share, 0.75, 0.03);
	ck_assert_uint_le(looked_at, SITES * 100);
	frees_clear();
	ck_assert_uint_eq(frees_of(1)->samples, 0);
}
END_TEST

START_TEST(site_keeps_a_bounded_number_of_stacks)
{
	uint64_t random = 1;
	uint32_t count = 0;

	ck_assert_ptr_null(frees_of(5000));
	ck_assert_uint_ne(frees_choose(5000, &random), 0);
	for (uint32_t stack = 1; stack < 100; stack++)
		frees_add(5000, stack, SILT_FREED_FREE, 1);
	for (const struct frees_record *record = frees_of(5000); record;
	     record = frees_next(record))
		count++;
	ck_assert_uint_eq(count, FREES_STACKS);
}
END_TEST

Suite *frees_suite(void)
{
	return suite_of("frees",
			(const TTest *const[]){shares_are_right,
					       site_keeps_a_bounded_number_of_stacks, NULL});
}
