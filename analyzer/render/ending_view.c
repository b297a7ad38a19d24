/* Says how the process of a run ended: see ending_view.h. */
#include "render/ending_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/run_end.h"
#include "util/mem.h"

/* Returns "the memory limit of 256 MiB (cgroup)" from the label "99% of the memory limit of
 * ...". */
static const char *limit_of(const struct snapshot *pressed)
{
	const char *of = strstr(pressed->label, " of ");

	return of ? of + 4 : pressed->label;
}

static char *compose(const struct run_end *ending)
{
	const char *label = ending->pressed ? ending->pressed->label : NULL;

	if (ending->known && ending->ended.out_of_memory && label)
		return mem_format("killed at %s; %.1f s before, it had %.*s of that",
				  limit_of(ending->pressed), ending->seconds,
				  (int)strcspn(label, " "), label);
	if (ending->known && ending->ended.out_of_memory)
		return mem_format("out of memory: killed %.1f s after the last snapshot (OOM)",
				  ending->seconds);
	if (ending->known && label)
		return mem_format("ended by signal %d (%s); %.1f s before, it had %s",
				  ending->ended.signal, strsignal(ending->ended.signal),
				  ending->seconds, label);
	if (ending->is_last)
		return mem_format("at the last snapshot it had %s; how it ended is not known",
				  label);
	return NULL;
}

char *ending_sentence(const struct series *series)
{
	struct run_end ending;

	run_end_look(&ending, series);
	return compose(&ending);
}

void ending_json(struct json *json, const struct series *series)
{
	struct run_end ending;
	char *sentence;

	run_end_look(&ending, series);
	sentence = compose(&ending);
	if (!sentence)
		return;
	json_object(json, "ended");
	json_string(json, "sentence", sentence);
	if (ending.known) {
		json_unsigned(json, "signal", (uint64_t)ending.ended.signal);
		json_bool(json, "out_of_memory", ending.ended.out_of_memory);
		json_real(json, "seconds_after_snapshot", ending.seconds);
	}
	json_end_object(json);
	free(sentence);
}
