/* The snapshot of the highest live bytes: see run_peak.h. */
#include "control/run_peak.h"

#include "record/counters.h"
#include "record/peak.h"
#include "record/real.h"
#include "silt_snapshot.h"

static uint64_t most_shown;

void run_peak_forget(void)
{
	most_shown = 0;
}

void run_peak_shown(void)
{
	uint64_t live, highest;

	counters_totals(&live, &highest);
	if (live > most_shown)
		most_shown = live;
}

/* The process as it was then. */
static struct snapshot_process at(const struct peak *peak, const struct snapshot_process *now)
{
	struct snapshot_process then = *now;

	then.heap = (struct real_heap){0};
	then.heap_ns = then.heap_recorded = 0;
	if (then.end_ns > peak->ns) {
		then.end_ns = then.end_generation = then.end_sequence = 0;
		then.end_cause = SILT_END_NONE;
	}
	return then;
}

long run_peak_write(const struct snapshot_process *process, int directory)
{
	struct peak *peak = peak_take();
	struct snapshot_process then;
	struct snapshot_cause cause;
	long result;

	if (!peak || peak->live_bytes <= most_shown) {
		peak_free(peak);
		return 0;
	}
	then = at(peak, process);
	cause = (struct snapshot_cause){
		.trigger = SILT_TRIGGER_PEAK, .generation = peak->generation, .peak = peak};
	result = snapshot_write(&then, &cause, directory, SILT_PEAK_FILE);
	if (result < 0)
		peak_give_back(peak);
	else
		peak_free(peak);
	return result;
}
