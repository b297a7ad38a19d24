/* Finds how the process of a run ended: see run_end.h. */
#include "model/run_end.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

static double seconds_until(const struct snapshot *snapshot, uint64_t unix_ns)
{
	uint64_t taken = snapshot->process.start_unix_ns + snapshot->process.uptime_ns;

	return unix_ns > taken ? (double)(unix_ns - taken) / 1e9 : 0;
}

void run_end_look(struct run_end *end, const struct series *series)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	const char *slash = strrchr(last->path, '/');
	char *run =
		slash ? mem_substring(last->path, (size_t)(slash - last->path)) : mem_string(".");

	*end = (struct run_end){0};
	end->known = ended_read(&end->ended, run);
	free(run);
	for (size_t i = series->count; i-- > 0 && !end->pressed;)
		if (series->snapshots[i]->process.trigger == SILT_TRIGGER_MEMORY)
			end->pressed = series->snapshots[i];
	end->is_last = end->pressed == last;
	if (end->known)
		end->seconds =
			seconds_until(end->pressed ? end->pressed : last, end->ended.unix_ns);
}
