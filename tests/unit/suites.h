/*
 * The unit tests: one suite per room.
 */
#ifndef SILT_TESTS_SUITES_H
#define SILT_TESTS_SUITES_H

#include <check.h>

/* clang-format off */
#define SUITES(S)                                                                                            \
	S(parse)                                                                                             \
	S(short_name)                                                                                        \
	S(size)                                                                                              \
	S(utf8) S(words) S(json) S(blame) S(filter) S(statistics) S(run_dir) S(snapshot) S(profile) S(rt) S(blocks)   \
		S(counters) S(frees) S(sites) S(unwind) S(walks) S(track) S(settings) S(modules) S(snapshot_write) S(annotations)       \
		S(variable) S(graph) S(holders) S(growth) S(suppressions) S(toml) S(series) S(suggest) S(chart) S(html) \
		S(source) S(program) S(exports) S(doubt) S(diagnose) S(survival) S(invariant) S(ends) S(gate)

/* clang-format on */

#define DECLARE(name) Suite *name##_suite(void);
SUITES(DECLARE)
#undef DECLARE

/* A suite of one test case from a list of tests that a NULL ends. */
Suite *suite_of(const char *name, const TTest *const *tests);

#endif
