/*
 * The unit tests: a suite a file, test_NAME.c with NAME_suite().
 */
#ifndef SILT_TESTS_SUITES_H
#define SILT_TESTS_SUITES_H

#include <check.h>

/* gcc's name for what clang has no macro for. */
#if defined __has_feature && !defined __SANITIZE_ADDRESS__
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* SUITES(S), made by the Makefile from the names of the files. */
#include "unit/suites.inc"

#define DECLARE(name) Suite *name##_suite(void);
SUITES(DECLARE)
#undef DECLARE

/* A suite of one test case from a list of tests that a NULL ends. */
Suite *suite_of(const char *name, const TTest *const *tests);

#endif
