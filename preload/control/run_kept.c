/* Which snapshots of a run are kept: see run_kept.h. */
#include "control/run_kept.h"

#include <sys/syscall.h>

#include "base/rt.h"
#include "control/run.h"
#include "control/settings.h"
#include "silt_snapshot.h"
#include "silt_units.h"

static struct {
	/* number of the last snapshot; an automatic interval skips some numbers */
	uint64_t sequence;
	/* of the earlier snapshots, every stride-th is kept */
	uint64_t stride;
} kept;

void run_kept_begin(void)
{
	kept.sequence = 0;
	kept.stride = 1;
}

uint64_t run_kept_last(void)
{
	return kept.sequence;
}

void run_kept_name(struct rt_text *name, uint64_t sequence)
{
	for (uint64_t digits = 1000; digits > sequence && digits > 1; digits /= 10)
		rt_text(name, "0");
	rt_text_number(name, sequence);
	rt_text(name, ".silt");
}

static void remove_snapshot(int directory, uint64_t sequence)
{
	char buffer[40];
	struct rt_text name = {buffer, sizeof buffer, 0};

	run_kept_name(&name, sequence);
	rt_syscall(SYS_unlinkat, directory, (long)buffer, 0, 0, 0, 0);
}

/* Keeps the snapshot of the state before the end, which stands for the kept. */
static void remove_thinned(int directory, uint64_t sequence, uint64_t end_sequence)
{
	if (sequence != end_sequence)
		remove_snapshot(directory, sequence);
}

static bool on_stride(uint64_t sequence)
{
	return (sequence - 1) % kept.stride == 0;
}

uint64_t run_kept_next(uint32_t trigger)
{
	if (!settings.interval_auto || trigger != SILT_TRIGGER_INTERVAL || kept.sequence == 0)
		return kept.sequence + 1;
	return ((kept.sequence - 1) / kept.stride + 1) * kept.stride + 1;
}

static uint64_t most_kept(void)
{
	bool fewer = settings.interval_auto && settings.keep > SILT_INTERVAL_AUTO_KEEP;

	return fewer ? SILT_INTERVAL_AUTO_KEEP : settings.keep;
}

void run_kept_add(int directory, uint64_t sequence, uint64_t end_sequence)
{
	uint64_t previous = kept.sequence;

	kept.sequence = sequence;
	if (previous > 0 && !on_stride(previous))
		remove_thinned(directory, previous, end_sequence);
	while ((sequence - 1) / kept.stride + 1 + !on_stride(sequence) > most_kept()) {
		for (uint64_t old = 1 + kept.stride; old < sequence; old += 2 * kept.stride)
			remove_thinned(directory, old, end_sequence);
		kept.stride *= 2;
	}
}

uint64_t run_interval(void)
{
	return settings.interval_auto ? settings.interval_ns * kept.stride : settings.interval_ns;
}
