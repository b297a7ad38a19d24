/* The verdict on several processes: see whole.h. */
#include "diagnose/whole.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
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

/* Stores when the process lived. What the end of the program freed does not matter: its last
 * snapshot at work is the last of the series, or a moment before. */
static void add_life(struct whole *whole, const char *path, const struct series *series,
		     const struct diagnosis *diagnosis)
{
	const struct silt_process *last = &series->snapshots[series->count - 1]->process;
	const char *slash;
	size_t length = strlen(path);
	struct whole_life *life;

	while (length && path[length - 1] == '/')
		length--;
	slash = memrchr(path, '/', length);
	MEM_GROW(whole->lives, whole->life_count, whole->life_capacity);
	life = &whole->lives[whole->life_count++];
	*life = (struct whole_life){
		.directory = mem_format("%.*s", slash ? (int)(slash - path) : 0, path),
		.pid = last->pid,
		.ended = (double)last->time_unix_ns / 1e9,
		.ends = last->end_cause == SILT_END_EXIT || last->end_cause == SILT_END_SUDDEN,
		.may_be_brief = diagnosis->verdict == DIAGNOSIS_INCONCLUSIVE && !diagnosis->count &&
				!diagnosis->cut_short && !diagnosis->idle,
	};
	life->began = life->ended - (double)last->uptime_ns / 1e9;
	if (diagnosis->verdict != DIAGNOSIS_INCONCLUSIVE)
		life->judged_from = life->ended - diagnosis_seconds(diagnosis);
}

void whole_add(struct whole *whole, const char *path, const struct series *series,
	       const struct diagnosis *diagnosis)
{
	add_life(whole, path, series, diagnosis);
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

/* Returns true if the process ended while the other started, or before, by less than the other
 * lived. */
static bool is_start_of(const struct whole_life *life, const struct whole_life *other)
{
	return other->judged_from > life->ended &&
	       other->began - life->ended < other->ended - other->began &&
	       strcmp(life->directory, other->directory) == 0;
}

/* Returns true if another program took the place of this one (exec): the process has a later run.
 */
static bool goes_on(const struct whole *whole, const struct whole_life *life)
{
	for (size_t i = 0; i < whole->life_count; i++)
		if (whole->lives[i].pid == life->pid && whole->lives[i].ended > life->ended &&
		    strcmp(whole->lives[i].directory, life->directory) == 0)
			return true;
	return false;
}

static bool is_brief(const struct whole *whole, const struct whole_life *life)
{
	if (!life->may_be_brief || (!life->ends && !goes_on(whole, life)))
		return false;
	for (size_t i = 0; i < whole->life_count; i++)
		if (is_start_of(life, &whole->lives[i]))
			return true;
	return false;
}

void whole_settle(struct whole *whole)
{
	for (size_t i = 0; i < whole->life_count; i++) {
		struct whole_life *life = &whole->lives[i];

		life->brief = is_brief(whole, life);
		whole->brief += life->brief;
		whole->inconclusive -= life->brief;
	}
}

char *whole_remedy(const struct whole *whole)
{
	size_t count = 0;

	for (size_t i = 0; i < whole->life_count; i++)
		count += whole->lives[i].may_be_brief && whole->lives[i].ends &&
			 !whole->lives[i].brief;
	if (count < 2)
		return NULL;
	return mem_format("%zu processes ended by themselves before they could be judged; --only "
			  "NAME records one program alone",
			  count);
}

void whole_free(struct whole *whole)
{
	for (size_t i = 0; i < whole->life_count; i++)
		free(whole->lives[i].directory);
	free(whole->lives);
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
	uint64_t judged = whole->leaking + whole->clean, all = judged + whole->inconclusive +
							       whole->idle + whole->brief +
							       whole->unrecorded;
	char *text = mem_format("%" PRIu64 " of %" PRIu64 " %s could be judged", judged, all,
				words_plural(all, "process", "processes"));

	text = join(text, whole->inconclusive, "inconclusive");
	text = join(text, whole->idle, "idle");
	text = join(text, whole->brief, "only at the start");
	return join(text, whole->unrecorded, "not recorded");
}
