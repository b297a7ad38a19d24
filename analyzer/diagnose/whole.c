/* The verdict on several processes: see whole.h. */
#include "diagnose/whole.h"

#include <inttypes.h>
#include <stdlib.h>

#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/words.h"

/* nanoseconds before a lone snapshot; a process that worked would have others, or be short-lived */
#define IDLE_NS 1000000000u

/* Returns true if a process with one snapshot allocated nothing for a while before it. */
static bool rested_before(const struct snapshot *snapshot)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < snapshot->site_count; i++)
		if (snapshot->sites[i].last_ns > last)
			last = snapshot->sites[i].last_ns;
	return snapshot->process.uptime_ns > last + IDLE_NS;
}

bool whole_is_idle(const struct series *series, size_t start, size_t end)
{
	const struct silt_process *first, *last = &series->snapshots[end - 1]->process;

	if (series->count == 1)
		return rested_before(series->snapshots[0]);
	first = &series->snapshots[start < end - 1 ? start : 0]->process;
	return end > 1 && first->total_blocks == last->total_blocks &&
	       first->freed_blocks == last->freed_blocks && first->iterations == last->iterations;
}

void whole_add(struct whole *whole, const struct diagnosis *diagnosis)
{
	if (diagnosis->verdict == DIAGNOSIS_LEAKING)
		whole->leaking++;
	else if (diagnosis->idle)
		whole->idle++;
	else if (diagnosis->verdict == DIAGNOSIS_CLEAN)
		whole->clean++;
	else {
		whole->inconclusive++;
		whole->cut_short += diagnosis->cut_short;
	}
}

enum diagnosis_verdict whole_verdict(const struct whole *whole)
{
	uint64_t judged = whole->leaking + whole->clean;

	if (whole->leaking)
		return DIAGNOSIS_LEAKING;
	if (whole->unrecorded || whole->cut_short || !judged || whole->inconclusive > judged)
		return DIAGNOSIS_INCONCLUSIVE;
	return DIAGNOSIS_CLEAN;
}

static char *join(char *text, uint64_t count, const char *what)
{
	char *joined;

	if (!count)
		return text;
	joined = mem_format("%s, %" PRIu64 " %s", text, count, what);
	free(text);
	return joined;
}

char *whole_sentence(const struct whole *whole)
{
	uint64_t judged = whole->leaking + whole->clean,
		 all = judged + whole->inconclusive + whole->idle + whole->unrecorded;
	char *text = mem_format("%" PRIu64 " of %" PRIu64 " %s could be judged", judged, all,
				words_plural(all, "process", "processes"));

	text = join(text, whole->inconclusive, "inconclusive");
	text = join(text, whole->idle, "idle");
	return join(text, whole->unrecorded, "not recorded");
}
