/*
 * Profiles made by hand: see traces.h.
 */
#include "traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "symbolize/frame.h"

void traces_begin(struct traces *traces)
{
	memset(traces, 0, sizeof *traces);
	traces->profile.snapshot = &traces->snapshot;
	traces->profile.sites = traces->sites;
}

void traces_add(struct traces *traces, uint64_t size, uint64_t count, const char *const *frames)
{
	uint64_t i = traces->profile.site_count++;
	uint32_t n = 0;

	for (; frames[n]; n++) {
		static char names[TRACES_MAX * TRACES_FRAMES * 16][32];
		static size_t used;
		const char *colon = strrchr(frames[n], ':');
		char *name = names[used++ % (sizeof names / sizeof names[0])];

		snprintf(name, sizeof names[0], "%.*s", (int)(colon - frames[n]), frames[n]);
		traces->frames[i][n] = (struct frame){.function = name,
						      .file = name,
						      .module = "program",
						      .module_path = "/bin/program",
						      .line = (unsigned)atoi(colon + 1)};
		traces->pointers[i][n] = &traces->frames[i][n];
	}
	traces->counters[i] = (struct snapshot_site){.total_blocks = count + 1,
						     .total_bytes = size + 10,
						     .freed_blocks = 1,
						     .freed_bytes = 10};
	traces->sites[i] = (struct profile_site){traces->pointers[i], n, 0, PROFILE_DIRECTLY,
						 &traces->counters[i]};
}
