/* A test program that checks by itself: EXPECT() says which line does not hold; `failures` counts
 * them. */
#ifndef TESTS_PROGRAMS_EXPECT_H
#define TESTS_PROGRAMS_EXPECT_H

#include <stdio.h>

static int failures;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

#endif
