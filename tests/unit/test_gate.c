/* commands/gate.c, diff_runs.c: what a gate fails by, and what is excused; which of two builds grows faster. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/diff_runs.h"
#include "commands/gate.h"
#include "history.h"
#include "suites.h"

static char base[] = "/tmp/silt-unit.XXXXXX";

/* A run directory of its own. */
static void record(const struct history *history, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", base, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	history_write(history, path);
}

static void clean(void)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", base);
	ck_assert_int_eq(system(command), 0);
}

static struct gate *judge(struct policy *policy)
{
	policy->command = "check";
	policy->warmup = -1;
	return gate_new(policy, (char *[]){base, NULL});
}

static uint64_t made(uint64_t born)
{
	return born == 0 ? 1001 : 1;
}
static uint64_t left(uint64_t born, uint64_t now)
{
	return born == 0 ? 1001 - 20 * now : 1;
}
static uint64_t lost(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 1;
}

START_TEST(lost_while_the_rest_shrinks)
{
	struct history history = {
		.sites = {{1024, made, left, lost}}, .site_count = 1, .count = 31, .step = 1, .graph = true};
	struct policy policy = {0};
	struct gate *gate;

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.42");
	gate = judge(&policy);
	ck_assert_ptr_nonnull(gate);
	ck_assert_int_eq(gate->status, 1);
	ck_assert_uint_eq(gate->finding_count, 1);
	ck_assert_msg(strstr(gate->findings[0].message, "31 blocks of program+0x") &&
			      strstr(gate->findings[0].message, " are lost; +10.0 KiB/s"),
		      "%s", gate->findings[0].message);
	gate_free(gate);
	policy.min_rate = 20000;
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 0);
	gate_free(gate);
	clean();
}
END_TEST

/* -- programs that tidy up as they end -- */

#define LAST 30

static uint64_t one(uint64_t born)
{
	(void)born;
	return 1;
}
static uint64_t ten(uint64_t born)
{
	(void)born;
	return 10;
}
static uint64_t one_till_the_end(uint64_t born, uint64_t now)
{
	(void)born;
	return now == LAST ? 0 : 1;
}
static uint64_t ten_till_the_end(uint64_t born, uint64_t now)
{
	(void)born;
	return now == LAST ? 0 : 10;
}

START_TEST(budget)
{
	struct history history = {.sites = {{1024, one, one_till_the_end, NULL}},
				  .site_count = 1,
				  .count = LAST + 1,
				  .step = 1,
				  .ends = true};
	struct policy policy = {.min_rate = 1e9, .max_growth = 18 * 1024};
	struct gate *gate;

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.42");
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 1);
	ck_assert_msg(strstr(gate->findings[0].message, "the live heap grew by 19.0 KiB"), "%s",
		      gate->findings[0].message);
	gate_free(gate);
	policy.max_growth = 20 * 1024;
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 0);
	gate_free(gate);
	clean();
}
END_TEST

static int compare(const char *old, const char *new)
{
	static const struct blame blame = {0};
	char paths[2][200];
	int output = dup(STDOUT_FILENO), status;

	snprintf(paths[0], sizeof paths[0], "%s/%s", base, old);
	snprintf(paths[1], sizeof paths[1], "%s/%s", base, new);
	fflush(stdout);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	status = diff_runs("diff", (char *[]){paths[0], paths[1], NULL}, &blame, false);
	fflush(stdout);
	dup2(output, STDOUT_FILENO);
	close(output);
	return status;
}

START_TEST(two_builds)
{
	struct history history = {.sites = {{1024, one, one_till_the_end, NULL}},
				  .site_count = 1,
				  .count = LAST + 1,
				  .step = 1,
				  .ends = true};

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.42");
	history.sites[0].made = ten;
	history.sites[0].left = ten_till_the_end;
	record(&history, "program.43");
	ck_assert_int_eq(compare("program.42", "program.43"), 1);
	ck_assert_int_eq(compare("program.42", "program.42"), 0);
	ck_assert_int_eq(compare("program.43", "program.42"), 0);
	clean();
}
END_TEST

Suite *gate_suite(void)
{
	return suite_of("gate",
			(const TTest *const[]){lost_while_the_rest_shrinks, budget, two_builds, NULL});
}
