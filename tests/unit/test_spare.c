/* analyzer/util/spare.c: large arrays are used again where they fit, small ones are not kept. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "util/spare.h"

#define MIB (1ul << 20)

START_TEST(large_array_is_used_again)
{
	void *first = spare_take(4 * MIB, 1), *again;

	memset(first, 1, 4 * MIB);
	spare_give(first);
	/* less than there is room for */
	again = spare_take(4 * MIB - MIB / 2, 1);
	ck_assert_ptr_eq(again, first);
	spare_give(again);
	ck_assert_ptr_null(spare_reuse(MIB)); /* more than twice as large */
	ck_assert_ptr_eq(spare_reuse(4 * MIB), first);
	ck_assert_ptr_null(spare_reuse(4 * MIB));
	spare_give(first);
	ck_assert_ptr_null(spare_reuse(6 * MIB)); /* it has outgrown what there was */
	ck_assert_ptr_null(spare_reuse(4 * MIB));
	spare_give(NULL);
	spare_empty();
}
END_TEST

START_TEST(few_are_kept)
{
	void *arrays[20];
	unsigned found = 0;

	for (unsigned i = 0; i < 20; i++)
		arrays[i] = spare_take(MIB, 1);
	for (unsigned i = 0; i < 20; i++)
		spare_give(arrays[i]);
	spare_give(spare_take(10, 8)); /* small: malloc's, and takes nobody's place */
	ck_assert_ptr_null(spare_reuse(80));
	for (void *array; (array = spare_reuse(MIB)); found++)
		free(array);
	ck_assert_uint_eq(found, 5);
}
END_TEST

Suite *spare_suite(void)
{
	const TTest *const tests[] = {large_array_is_used_again, few_are_kept, NULL};

	return suite_of("spare", tests);
}
