/*
 * A test of Check that soaks one operation: many rounds, a snapshot now and then, in one process.
 * Run with
 *     CK_FORK=no silt run ./check_test; silt check silt-out
 */
#include <check.h>
#include <silt.h>
#include <stdlib.h>

static void *kept[4000];

/* The operation under test; with LEAK in the environment it keeps something of each request. */
static void handle_request(int number)
{
	void *request = malloc(200);

	ck_assert_ptr_nonnull(request);
	if (getenv("LEAK"))
		kept[number] = request;
	else
		free(request);
}

START_TEST(requests_leave_nothing)
{
	for (int i = 0; i < 4000; i++) {
		handle_request(i);
		silt_iteration();
		if (i % 200 == 199)
			silt_snapshot("round");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("requests");
	TCase *test = tcase_create("soak");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(test, requests_leave_nothing);
	suite_add_tcase(suite, test);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
