/*
 * The same with cmocka, whose tests run in one process by themselves: silt run ./cmocka_test; silt
 * check silt-out
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those first */
#include <cmocka.h>
#include <silt.h>
#include <stdlib.h>

static void *kept[4000];

static void requests_leave_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++) {
		void *request = malloc(200);

		assert_non_null(request);
		if (getenv("LEAK"))
			kept[i] = request;
		else
			free(request);
		silt_iteration();
		if (i % 200 == 199)
			silt_snapshot("round");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(requests_leave_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
