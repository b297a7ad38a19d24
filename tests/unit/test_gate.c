/* gate/gate.c, diff_runs.c: what a gate fails by, and what is excused; which of two builds
 * grows faster. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/gate_options.h"
#include "commands/diff_runs.h"
#include "gate/gate.h"
#include "gate/policy.h"
#include "history.h"
#include "render/account.h"
#include "render/choices.h"
#include "render/gate_formats.h"
#include "silt_snapshot.h"
#include "suites.h"

static char base[] = "/tmp/silt-unit.XXXXXX";

static char *make_directory(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", base, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	return path;
}

/* A run directory of its own. */
static void record(const struct history *history, const char *name)
{
	history_write(history, make_directory(name));
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
	policy->words = &account_words;
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

START_TEST(loss_fails_while_the_rest_shrinks)
{
	struct history history = {.sites = {{1024, made, left, lost, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .graph = true};
	struct policy policy = {0};
	struct gate *gate;

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.42");
	gate = judge(&policy);
	ck_assert_ptr_nonnull(gate);
	ck_assert_int_eq(gate->status, 1);
	ck_assert_uint_eq(gate->finding_count, 1);
	ck_assert_msg(
		strstr(gate->findings[0].account->headline.text, "31 blocks of program+0x") &&
			strstr(gate->findings[0].account->headline.text, " are lost; +10.0 KiB/s"),
		"%s", gate->findings[0].account->headline.text);
	gate_free(gate);
	policy.min_rate = 20000;
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 0);
	gate_free(gate);
	clean();
}
END_TEST

/* -- programs that tidy up as they end -- */

#define LAST 40

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

START_TEST(growth_within_the_budget_passes)
{
	struct history history = {.sites = {{1024, one, one_till_the_end, NULL, 0}},
				  .site_count = 1,
				  .count = LAST + 1,
				  .step = 1,
				  .ends = true};
	struct policy policy = {.min_rate = 1e9, .max_growth = 25 * 1024};
	struct gate *gate;

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.42");
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 1);
	ck_assert_msg(
		strstr(gate->findings[0].account->headline.text, "the live heap grew by 26.0 KiB"),
		"%s", gate->findings[0].account->headline.text);
	gate_free(gate);
	policy.max_growth = 27 * 1024;
	gate = judge(&policy);
	ck_assert_int_eq(gate->status, 0);
	gate_free(gate);
	clean();
}
END_TEST

static int silence(void)
{
	int output = dup(STDOUT_FILENO);

	fflush(stdout);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	return output;
}

static void speak(int output)
{
	fflush(stdout);
	dup2(output, STDOUT_FILENO);
	close(output);
}

static int compare(const char *old, const char *new)
{
	static const struct options options = {0};
	char paths[2][200];
	int output, status;

	snprintf(paths[0], sizeof paths[0], "%s/%s", base, old);
	snprintf(paths[1], sizeof paths[1], "%s/%s", base, new);
	output = silence();
	status = diff_runs("diff", (char *[]){paths[0], paths[1], NULL}, &options);
	speak(output);
	return status;
}

START_TEST(build_that_leaks_more_fails)
{
	struct history history = {.sites = {{1024, one, one_till_the_end, NULL, 0}},
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

/* -- the baseline -- */

static uint64_t three(uint64_t born)
{
	(void)born;
	return 3;
}
static uint64_t six(uint64_t born)
{
	(void)born;
	return 6;
}
static uint64_t all_of_one(uint64_t born, uint64_t now)
{
	(void)now;
	return one(born);
}
static uint64_t all_of_three(uint64_t born, uint64_t now)
{
	(void)now;
	return three(born);
}
static uint64_t all_of_six(uint64_t born, uint64_t now)
{
	(void)now;
	return six(born);
}

static int check(const char *run, bool update)
{
	char path[200], baseline[200];
	struct gate_options options;
	struct gate *gate;
	int output = silence(), status = 2;

	snprintf(path, sizeof path, "%s/%s", base, run);
	snprintf(baseline, sizeof baseline, "%s/known", base);
	gate_options_init(&options, "check");
	options.policy.baseline.path = baseline;
	options.update_baseline = update;
	gate = gate_options_judge(&options, (char *[]){path, NULL});
	if (gate)
		status = gate_options_conclude(&options, gate);
	gate_options_free(&options);
	speak(output);
	return status;
}

/* Two processes of which one loses a hundredth of a byte a second and the other three times as
 * much, then one that is slower than both together but faster than either. */
START_TEST(baseline_adds_up_processes)
{
	struct history history = {.sites = {{1, one, all_of_one, all_of_one, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .interval = 100ull * 1000000000,
				  .graph = true};
	char command[200];

	ck_assert_ptr_nonnull(mkdtemp(base));
	make_directory("known.runs");
	record(&history, "known.runs/program.1");
	history.sites[0] = (struct history_site){1, three, all_of_three, all_of_three, 0};
	record(&history, "known.runs/program.2");
	history.sites[0] = (struct history_site){1, six, all_of_six, all_of_six, 0};
	record(&history, "program.3");
	ck_assert_int_eq(check("known.runs", true), 0);
	ck_assert_int_eq(check("known.runs", false), 0);
	ck_assert_int_eq(check("program.3", false), 1);
	/* names of C++ functions may be longer than any line */
	snprintf(command, sizeof command,
		 "sed -i \"\\$s/\\$/$(printf %%03000d 0 | tr 0 x)/\" %s/known", base);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(check("known.runs", false), 0);
	clean();
}
END_TEST

static void megabyte_more(struct silt_mapping *mapping, uint64_t now)
{
	mapping->kind = SILT_MAPPING_FILE;
	mapping->count = 1;
	mapping->size = mapping->resident = (now + 1) << 20;
}

/* No call site tells them apart, but what is mapped does. */
START_TEST(baseline_tells_mappings_apart)
{
	struct history history = {.sites = {{100, one, one_till_the_end, NULL, 0}},
				  .site_count = 1,
				  .count = LAST + 1,
				  .step = 1,
				  .mapping_name = "/dev/shm/a",
				  .mapping = megabyte_more};
	struct policy policy = {0};
	struct gate *gate;

	ck_assert_ptr_nonnull(mkdtemp(base));
	record(&history, "program.1");
	history.mapping_name = "/dev/shm/b";
	record(&history, "program.2");
	gate = judge(&policy);
	ck_assert_uint_eq(gate->finding_count, 2);
	ck_assert_str_ne(gate->findings[0].fingerprint, gate->findings[1].fingerprint);
	gate_free(gate);
	clean();
}
END_TEST

/* -- kinds that fail -- */

#define FAIL_ON (GATE_OPTION + 1)

START_TEST(wrong_kinds_are_refused)
{
	static const char *const bad[] = {"", ",", "lost,", ",lost", "lost,,captured", "lot"};
	struct gate_options options;

	gate_options_init(&options, "check");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(gate_options_take(&options, FAIL_ON, bad[i]), 2);
	ck_assert_ptr_null(options.policy.fail_on);
	ck_assert_int_eq(gate_options_take(&options, FAIL_ON, "lost,captured"), -1);
	ck_assert_int_eq(gate_options_take(&options, FAIL_ON, "growing"), -1);
	ck_assert_str_eq(options.policy.fail_on, "lost,captured,growing");
	gate_options_free(&options);
}
END_TEST

/* An array in the file is all of its kinds; the command line replaces them. */
START_TEST(command_line_replaces_configured_kinds)
{
	struct gate_options options;
	struct config config;
	char path[200];
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(path, sizeof path, "%s/x.toml", base);
	file = fopen(path, "we");
	fputs("[check]\nfail-on = [\"lost\", \"captured\"]\n", file);
	fclose(file);
	gate_options_init(&options, "check");
	ck_assert(config_read(&config, "check", path));
	ck_assert_int_eq(gate_options_configure(&options, &config), -1);
	ck_assert_str_eq(options.policy.fail_on, "lost,captured");
	ck_assert_int_eq(gate_options_take(&options, FAIL_ON, "growing"), -1);
	ck_assert_int_eq(gate_options_take(&options, FAIL_ON, "thread-leak"), -1);
	ck_assert_str_eq(options.policy.fail_on, "growing,thread-leak");
	gate_options_free(&options);
	config_free(&config);
	clean();
}
END_TEST

static void check_relative(const char *file, const char *expected)
{
	char *got = gate_relative(file);

	ck_assert_str_eq(got, expected);
	free(got);
}

START_TEST(files_are_named_within_the_repository)
{
	setenv("GITHUB_WORKSPACE", "/somewhere/repository/", 1);
	check_relative("/somewhere/repository/src/a.c", "src/a.c");
	check_relative("/somewhere/repository/b/../src/./a.c", "src/a.c");
	check_relative("/somewhere/repository2/a.c", "/somewhere/repository2/a.c");
	check_relative("/somewhere/../../other//a.c", "/other/a.c");
	check_relative("../src/a.c", "../src/a.c");
	check_relative("./b/../server.c", "server.c");
	setenv("GITHUB_WORKSPACE", "", 1);
	setenv("CI_PROJECT_DIR", "/builds/x", 1);
	check_relative("/builds/x/y.c", "y.c");
	unsetenv("GITHUB_WORKSPACE");
	unsetenv("CI_PROJECT_DIR");
}
END_TEST

Suite *gate_suite(void)
{
	return suite_of("gate",
			(const TTest *const[]){
				loss_fails_while_the_rest_shrinks, growth_within_the_budget_passes,
				build_that_leaks_more_fails, baseline_adds_up_processes,
				baseline_tells_mappings_apart, wrong_kinds_are_refused,
				command_line_replaces_configured_kinds,
				files_are_named_within_the_repository, NULL});
}
