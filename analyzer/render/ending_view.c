/* How the process of a run came to its end: see ending_view.h. */
#include "render/ending_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/ended.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

struct ending {
	bool known; /* a signal ended it */
	struct ended ended;
	/* the last snapshot that a limit of memory has caused; NULL: none did */
	const struct snapshot *pressed;
	bool is_last; /* nothing came after it */
	/* from that snapshot, or else the last one, to the end */
	double seconds;
};

static double seconds_until(const struct snapshot *snapshot, uint64_t unix_ns)
{
	uint64_t taken = snapshot->process.start_unix_ns + snapshot->process.uptime_ns;

	return unix_ns > taken ? (double)(unix_ns - taken) / 1e9 : 0;
}

static void look(struct ending *ending, const struct series *series)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	const char *slash = strrchr(last->path, '/');
	char *run =
		slash ? mem_substring(last->path, (size_t)(slash - last->path)) : mem_string(".");

	*ending = (struct ending){0};
	ending->known = ended_read(&ending->ended, run);
	free(run);
	for (size_t i = series->count; i-- > 0 && !ending->pressed;)
		if (series->snapshots[i]->process.trigger == SILT_TRIGGER_MEMORY)
			ending->pressed = series->snapshots[i];
	ending->is_last = ending->pressed == last;
	if (ending->known)
		ending->seconds = seconds_until(ending->pressed ? ending->pressed : last,
						ending->ended.unix_ns);
}

/* "the memory limit of 256 MiB (cgroup)" of "99% of the memory limit of ..." */
static const char *limit_of(const struct snapshot *pressed)
{
	const char *of = strstr(pressed->label, " of ");

	return of ? of + 4 : pressed->label;
}

static char *compose(const struct ending *ending)
{
	const char *label = ending->pressed ? ending->pressed->label : NULL;

	if (ending->known && ending->ended.out_of_memory && label)
		return mem_format("killed at %s; %.1f s before, it had %.*s of that",
				  limit_of(ending->pressed), ending->seconds,
				  (int)strcspn(label, " "), label);
	if (ending->known && ending->ended.out_of_memory)
		return mem_format("killed for want of memory (OOM), %.1f s after the last snapshot",
				  ending->seconds);
	if (ending->known && label)
		return mem_format("ended by signal %d (%s); %.1f s before, it had %s",
				  ending->ended.signal, strsignal(ending->ended.signal),
				  ending->seconds, label);
	if (ending->is_last)
		return mem_format("at the last snapshot it had %s; what came then is not known",
				  label);
	return NULL;
}

char *ending_sentence(const struct series *series)
{
	struct ending ending;

	look(&ending, series);
	return compose(&ending);
}

void ending_json(struct json *json, const struct series *series)
{
	struct ending ending;
	char *sentence;

	look(&ending, series);
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
