/*
 * Of all roots that lead to some blocks, the one a maintainer would name.
 * Must not: look at names, print.
 */
#ifndef SILT_MODEL_TELLING_H
#define SILT_MODEL_TELLING_H

#include "model/holders.h"

struct snapshot;

#define TELLING_MOST 8

struct telling_root {
	const struct holder *holder;
	/* to the first of the sites it leads to */
	struct holder_path *path;
	/* of the blocks, those it leads to: 0 to 1 */
	double share;
};

/*
 * The roots that lead to the reachable blocks of `sites` (records of the graph's snapshot, the most
 * important first), the telling one first; at most TELLING_MOST, in `roots`. Returns how many. 0:
 * the snapshot does not say (older ones have no such section).
 */
size_t telling_roots(struct holders *holders, const struct snapshot *snapshot,
		     const uint32_t *sites, size_t count, struct telling_root roots[TELLING_MOST]);

#endif
