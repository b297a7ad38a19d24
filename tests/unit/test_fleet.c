/* What findings of many runs go with: exact tests, and that chance is not taken for more. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/fisher.h"
#include "gate/fleet.h"
#include "gate/gate.h"
#include "suites.h"
#include "util/mem.h"

/* R. A. Fisher, "The Design of Experiments", chapter II: eight cups of tea, four of each kind. */
START_TEST(the_lady_tasting_tea)
{
	struct fisher_table all_right = {8, 4, 4, 4}, three_right = {8, 4, 4, 3},
			    none = {8, 4, 4, 0};

	ck_assert_double_eq_tol(fisher_probability(&all_right), 1 / 70., 1e-12);
	ck_assert_double_eq_tol(fisher_probability(&three_right), 17 / 70., 1e-12);
	ck_assert_double_eq_tol(fisher_probability(&none), 1, 1e-12);
	ck_assert_double_eq_tol(fisher_least(&three_right), 1 / 70., 1e-12);
}
END_TEST

START_TEST(tables_without_a_part_or_a_hit)
{
	struct fisher_table nothing = {0}, no_part = {10, 5, 0, 0}, no_hits = {10, 0, 5, 0},
			    whole = {10, 5, 10, 5};

	ck_assert_double_eq_tol(fisher_probability(&nothing), 1, 1e-12);
	ck_assert_double_eq_tol(fisher_probability(&no_part), 1, 1e-12);
	ck_assert_double_eq_tol(fisher_probability(&no_hits), 1, 1e-12);
	ck_assert_double_eq_tol(fisher_probability(&whole), 1, 1e-12);
}
END_TEST

START_TEST(what_cannot_become_significant_is_not_counted)
{
	double least[] = {0.5, 1e-6, 0.2, 1e-7, 1, 1, 1, 1}, many[100];

	ck_assert_uint_eq(fisher_comparisons(least, 8, 0.01), 2);
	for (int i = 0; i < 100; i++)
		many[i] = 1e-9;
	ck_assert_uint_eq(fisher_comparisons(many, 100, 0.01), 100);
	ck_assert_uint_eq(fisher_comparisons(NULL, 0, 0.01), 1);
}
END_TEST

/* -- fleets made up -- */

#define RUNS 60
#define ARGUMENTS 8

struct made {
	struct gate gate;
	struct gate_program program;
	struct gate_finding finding;
	struct gate_run runs[RUNS];
	size_t hits[RUNS];
	char *arguments[RUNS][ARGUMENTS];
};

static uint64_t chance;

static unsigned draw(unsigned below)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(chance >> 33) % below;
}

/* Runs of twelve hosts and three builds, with arguments by chance, one of them of its own. */
static struct made *make_fleet(void)
{
	struct made *made = mem_zeroed(1, sizeof *made);

	made->gate = (struct gate){.programs = &made->program,
				   .program_count = 1,
				   .runs = made->runs,
				   .run_count = RUNS,
				   .findings = &made->finding,
				   .finding_count = 1};
	for (size_t i = 0; i < RUNS; i++) {
		struct gate_run *run = &made->runs[i];

		run->host = mem_format("host%u", draw(12));
		run->build_id = mem_format("%u", draw(3));
		run->version = mem_string("");
		run->path = mem_format("runs/%u/server.%zu", draw(4), i);
		run->arguments = made->arguments[i];
		for (unsigned a = 0; a + 1 < ARGUMENTS; a++)
			if (draw(2))
				run->arguments[run->argument_count++] = mem_format("-%u", a);
		run->arguments[run->argument_count++] = mem_format("--id=%zu", i);
	}
	made->finding.runs = made->hits;
	return made;
}

static void free_made(struct made *made)
{
	for (size_t i = 0; i < RUNS; i++) {
		free(made->runs[i].host);
		free(made->runs[i].build_id);
		free(made->runs[i].version);
		free(made->runs[i].path);
		for (size_t a = 0; a < made->runs[i].argument_count; a++)
			free(made->arguments[i][a]);
	}
	free(made);
}

static struct fleet *answer(struct made *made, double level)
{
	static char operand[] = "runs/";

	return fleet_new(&made->gate, (char *[]){operand, NULL}, level);
}

START_TEST(chance_is_taken_for_more_as_seldom_as_the_level_says)
{
	int wrong = 0, fleets = 300;

	chance = 1;
	for (int i = 0; i < fleets; i++) {
		struct made *made = make_fleet();
		struct fleet *fleet;

		for (size_t run = 0; run < RUNS; run++)
			if (draw(3) == 0)
				made->hits[made->finding.run_count++] = run;
		fleet = answer(made, 0.05);
		wrong += fleet->findings[0].association_count > 0;
		fleet_free(fleet);
		free_made(made);
	}
	ck_assert_int_le(wrong, fleets / 20);
}
END_TEST

START_TEST(a_build_that_leaks_is_named)
{
	int right = 0, others = 0, fleets = 50;

	chance = 2;
	for (int i = 0; i < fleets; i++) {
		struct made *made = make_fleet();
		struct fleet *fleet;
		const struct fleet_finding *told;

		for (size_t run = 0; run < RUNS; run++)
			if (draw(10) < (strcmp(made->runs[run].build_id, "1") == 0 ? 9 : 1))
				made->hits[made->finding.run_count++] = run;
		fleet = answer(made, 0.01);
		told = &fleet->findings[0];
		right += told->association_count &&
			 strcmp(told->associations[0].value->key, "build") == 0 &&
			 strcmp(told->associations[0].value->text, "1") == 0;
		others += told->association_count > 1;
		fleet_free(fleet);
		free_made(made);
	}
	ck_assert_int_ge(right, fleets * 9 / 10);
	ck_assert_int_le(others, 1);
}
END_TEST

START_TEST(a_host_that_has_only_the_build_that_leaks_is_not_told_beside_it)
{
	struct made *made = make_fleet();
	struct fleet *fleet;

	for (size_t run = 0; run < RUNS; run++) {
		struct gate_run *r = &made->runs[run];

		free(r->build_id);
		r->build_id = mem_string(run < 20 ? "new" : "old");
		free(r->host);
		r->host = mem_format("host%zu", run < 10 ? 0 : 1 + run % 5);
		if (run < 20)
			made->hits[made->finding.run_count++] = run;
	}
	fleet = answer(made, 0.01);
	ck_assert_uint_eq(fleet->findings[0].association_count, 1);
	ck_assert_str_eq(fleet->findings[0].associations[0].value->key, "build");
	ck_assert_str_eq(fleet->findings[0].associations[0].value->text, "new");
	ck_assert_uint_eq(fleet->findings[0].associations[0].with_hits, 20);
	ck_assert_uint_eq(fleet->findings[0].associations[0].without_hits, 0);
	fleet_free(fleet);
	free_made(made);
}
END_TEST

START_TEST(inconclusive_runs_count_only_where_they_have_the_finding)
{
	struct made *made = make_fleet();
	struct fleet *fleet;

	for (size_t run = 0; run < RUNS; run++) {
		made->runs[run].is_inconclusive = run % 2;
		if (run < 10)
			made->hits[made->finding.run_count++] = run;
	}
	fleet = answer(made, 0.01);
	ck_assert_uint_eq(fleet->findings[0].hits, 10);
	ck_assert_uint_eq(fleet->findings[0].judged, 10 + 25);
	fleet_free(fleet);
	free_made(made);
}
END_TEST

Suite *fleet_suite(void)
{
	const TTest *const tests[] = {
		the_lady_tasting_tea,
		tables_without_a_part_or_a_hit,
		what_cannot_become_significant_is_not_counted,
		chance_is_taken_for_more_as_seldom_as_the_level_says,
		a_build_that_leaks_is_named,
		a_host_that_has_only_the_build_that_leaks_is_not_told_beside_it,
		inconclusive_runs_count_only_where_they_have_the_finding,
		NULL};

	return suite_of("fleet", tests);
}
