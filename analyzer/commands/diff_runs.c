/*
 * silt diff --runs: compares the growth of two runs of different builds, per unit of work.
 */
#include "commands/diff_runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/run_growth.h"
#include "model/series.h"
#include "render/choices.h"
#include "render/run_growth_view.h"
#include "util/utf8.h"

static bool open_side(struct growth_side *side, const char *command, char *operand,
		      const struct options *options)
{
	const struct snapshot *last;

	side->series = input_series(command, (char *[]){operand, NULL}, options->moment);
	if (!side->series)
		return false;
	side->last = series_usable(side->series, GROWTH_STRETCHES + 1) - 1;
	side->context = profile_context_new();
	last = series_whole(side->series, side->last);
	if (!last) {
		utf8_complain("%s: %s: the file is gone", command,
			      side->series->snapshots[side->last]->path);
		return false;
	}
	side->profile = profile_new(side->context, last, &options->blame);
	return true;
}

static int compare_sides(struct growth_side *base, struct growth_side *new, bool json)
{
	bool by_iterations = growth_side_counts_work(base) && growth_side_counts_work(new);
	const char *unit = by_iterations ? "iteration" : "second";
	struct growth_comparison *list;
	size_t count;
	int status = 0;

	if (!growth_side_cut(base, by_iterations) || !growth_side_cut(new, by_iterations)) {
		fprintf(stderr,
			"silt diff: --runs: inconclusive: each run needs at least %d snapshots "
			"after the first third of its time, with work between them; let them run "
			"longer, or take snapshots more often\n",
			GROWTH_STRETCHES + 1);
		return 3;
	}
	growth_side_add_sites(base);
	growth_side_add_sites(new);
	list = growth_compare(base, new, &count);
	for (size_t i = 0; i < count; i++) {
		const char *verdict = growth_claim(&list[i], new->all_work);

		if (verdict && strcmp(verdict, "faster") == 0)
			status = 1;
	}
	run_growth_print(list, count, new->all_work, unit, json);
	free(list);
	return status;
}

int diff_runs(const char *command, char **operands, const struct options *options)
{
	struct growth_side base = {0}, new = {0};
	int status = 2;

	if (open_side(&base, command, operands[0], options) &&
	    open_side(&new, command, operands[1], options))
		status = compare_sides(&base, &new, options->json);
	growth_side_free(&base);
	growth_side_free(&new);
	return status;
}
