/*
 * The functions that <silt.h> calls: tracemalloc for C. See include/silt.h and silt(3).
 * Path: cold. Threads: any. Memory: none.
 * Must not: change errno; be looked up by name by anything but <silt.h>.
 */
#include <errno.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "control/control.h"
#include "control/run.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/sites.h"
#include "silt_snapshot.h"
#include "record/track.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

RT_EXPORT int silt_lib_is_tracing(void);
RT_EXPORT int silt_lib_snapshot(const char *label);
RT_EXPORT int silt_lib_traced_memory(uint64_t *current, uint64_t *peak);
RT_EXPORT int silt_lib_reset_peak(void);
RT_EXPORT int silt_lib_start(void);
RT_EXPORT int silt_lib_stop(void);
RT_EXPORT int silt_lib_clear_traces(void);
RT_EXPORT size_t silt_lib_traceback_of(const void *block, void **addresses, size_t max);
RT_EXPORT unsigned silt_lib_traceback_limit(void);
RT_EXPORT uint64_t silt_lib_overhead(void);
RT_EXPORT int silt_lib_iteration(void);

int silt_lib_is_tracing(void)
{
	return control_active() && !(atomic_load(&track_state) & TRACK_OFF);
}

int silt_lib_snapshot(const char *label)
{
	if (!control_active() || !control_own_process())
		return ENOSYS;
	return control_snapshot(SILT_TRIGGER_CALL, label);
}

int silt_lib_traced_memory(uint64_t *current, uint64_t *peak)
{
	uint64_t live = 0, highest = 0;

	if (control_active())
		counters_totals(&live, &highest);
	if (current)
		*current = live;
	if (peak)
		*peak = highest;
	return control_active() ? 0 : ENOSYS;
}

int silt_lib_reset_peak(void)
{
	if (!control_active())
		return ENOSYS;
	counters_reset_peak();
	return 0;
}

int silt_lib_start(void)
{
	if (!control_active())
		return ENOSYS;
	track_switch(0, TRACK_OFF);
	return 0;
}

int silt_lib_stop(void)
{
	if (!control_active() || !control_own_process())
		return ENOSYS;
	track_switch(TRACK_OFF, 0);
	return run_clear() ? 0 : ENOMEM;
}

int silt_lib_clear_traces(void)
{
	if (!control_active() || !control_own_process())
		return ENOSYS;
	return run_clear() ? 0 : ENOMEM;
}

/* The site of the piece that begins there, or else of the block: a pool's first piece begins where
 * its block does. */
static uint32_t site_of(const void *address)
{
	struct annotations_piece piece;
	struct block block;

	if (annotations_piece_count() > 0 && annotations_piece_get((uintptr_t)address, &piece))
		return piece.site;
	return blocks_get(address, &block) ? block.site : 0;
}

size_t silt_lib_traceback_of(const void *block, void **addresses, size_t max)
{
	uint32_t site = control_active() ? site_of(block) : 0;
	size_t count = 0;

	for (uint32_t node = site ? sites_get(site)->node : 0; node;
	     node = sites_node(node)->parent) {
		const struct rules_pc *pc = rules_pc(sites_node(node)->pc);
		uintptr_t bias = pc->module == MODULES_NONE ? 0 : modules_get(pc->module)->bias;

		if (count < max)
			addresses[count] = (void *)(pc->address + bias);
		count++;
	}
	return count;
}

unsigned silt_lib_traceback_limit(void)
{
	return control_active() ? unwind_depth : 0;
}

uint64_t silt_lib_overhead(void)
{
	return control_active() ? rt_resident() : 0;
}

int silt_lib_iteration(void)
{
	if (!control_active())
		return ENOSYS;
	atomic_fetch_add_explicit(&track_iterations, 1, memory_order_relaxed);
	return 0;
}
