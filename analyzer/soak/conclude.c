/*
 * Prints what a soak has cost, after it is judged: see soak.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "soak/soak.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

#define SELFTEST_FUNCTION "silt_selftest_leak" /* defined in preload/selftest/leak.c */

void soak_print_costs(const struct soak *soak, const struct gate *gate)
{
	double first = 0, last = 0;
	char sizes[3][SIZE_TEXT], *times;

	for (size_t i = 0; i < gate->program_count; i++) {
		first += (double)gate->programs[i].recorder_first;
		last += (double)gate->programs[i].recorder_last;
	}
	times = soak->was_ready ? mem_format("ready after %.1f s, ran %.1f s", soak->ready_seconds,
					     soak->ran_seconds)
				: mem_string("never ready");
	utf8_complain("silt soak: %s; silt's own: memory %s at first, %s at last, CPU for "
		      "snapshots %.2f s, disk %s in %s",
		      times, size_format(sizes[0], first, false),
		      size_format(sizes[1], last, false), soak->snapshot_cpu_seconds,
		      size_format(sizes[2], soak_disk_usage(soak->directory), false),
		      soak->directory);
	free(times);
	if (soak->runs_removed)
		utf8_complain("silt soak: %" PRIu64
			      " run%s of ended processes %s removed: --max-disk",
			      soak->runs_removed, words_s(soak->runs_removed),
			      words_plural(soak->runs_removed, "was", "were"));
}

int soak_conclude_selftest(const struct gate *gate)
{
	const struct gate_finding *found = NULL;

	for (size_t i = 0; i < gate->finding_count && !found; i++) {
		const char *function = gate->findings[i].function;

		if (function && strcmp(function, SELFTEST_FUNCTION) == 0)
			found = &gate->findings[i];
	}
	if (found && !found->excused) {
		fputs("silt soak: the gate works: the leak that --selftest made was found\n",
		      stderr);
		return 0;
	}
	utf8_complain("silt soak: the gate does not see the leak that --selftest made: %s",
		      found ? found->excused
		      : gate->status == 3
			      ? "the run is too short to judge; give it a longer --duration"
			      : "nothing is wrong with it, by this policy");
	return 1;
}
