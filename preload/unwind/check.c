/*
 * The self-check (SILT_SELFCHECK=1): compares the call stack stored for each allocation's call site
 * with libunwind's.
 * Path: cold. Threads: all. Memory: several KiB of the stack.
 * Must not: change a traceback.
 */
#include "unwind/capture.h"

#include "base/rt.h"
#include "silt_snapshot.h"
#include "unwind/general.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

bool unwind_selfcheck;

static RT_COLD void report_difference(const uint32_t *stored, uint32_t stored_count,
				      const uint32_t *pcs, uint32_t count)
{
	for (uint32_t i = 0; i < stored_count || i < count; i++) {
		char buffer[200];
		struct rt_text line = {buffer, sizeof buffer, 0};

		rt_text(&line, "self-check: frame ");
		rt_text_number(&line, i);
		for (int side = 0; side < 2; side++) {
			uint32_t have = side ? count : stored_count;
			const struct rules_pc *pc =
				i < have ? rules_pc(side ? pcs[i] : stored[i]) : NULL;

			rt_text(&line, side ? "  libunwind " : "  silt ");
			if (pc) {
				rt_text_number(&line, pc->address);
				rt_text(&line, " in ");
				rt_text(&line, pc->module == MODULES_NONE
						       ? "-"
						       : modules_get(pc->module)->path);
			}
		}
		rt_say(buffer, NULL, NULL);
	}
}

RT_COLD void unwind_check(const struct unwind_start *start, const uint32_t *stored,
			  uint32_t stored_count)
{
	uint32_t pcs[SILT_MAX_DEPTH], count;
	bool failed, same;

	count = unwind_general_walk(start, pcs, unwind_depth, &failed);
	same = count == stored_count;
	for (uint32_t i = 0; same && i < count; i++)
		same = pcs[i] == stored[i];
	atomic_fetch_add_explicit(&unwind_statistics.checked, 1, memory_order_relaxed);
	if (!same &&
	    atomic_fetch_add_explicit(&unwind_statistics.differing, 1, memory_order_relaxed) < 3)
		report_difference(stored, stored_count, pcs, count);
}

void unwind_load(bool check)
{
	unwind_selfcheck = check;
	atomic_fetch_add(&rt_version, 1);
	unwind_general_load();
}
