/* commands/gate.c: what a gate fails by, and what is excused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

Suite *gate_suite(void)
{
	return suite_of("gate", (const TTest *const[]){lost_while_the_rest_shrinks, NULL});
}
