/*
 * Ranks the roots that lead to some blocks: first the one that a maintainer would name as their
 * owner.
 * Must not: look at names, print.
 */
#ifndef SILT_MODEL_ROOT_RANKING_H
#define SILT_MODEL_ROOT_RANKING_H

#include "model/holders.h"

struct snapshot;

#define RANKED_ROOTS 8

struct ranked_root {
	const struct holder *holder;
	/* path to the first of the sites that the root leads to */
	struct holder_path *path;
	/* share of the blocks that the root leads to, from 0 to 1 */
	double share;
};

/*
 * Stores the roots that lead to the reachable blocks of `sites` in `roots`, the best first, at most
 * RANKED_ROOTS, and returns their number. `sites` are records of the graph's snapshot, the most
 * important first. Returns 0 if the snapshot lacks the section (older formats).
 */
size_t root_ranking_best(struct holders *holders, const struct snapshot *snapshot,
			 const uint32_t *sites, size_t count,
			 struct ranked_root roots[RANKED_ROOTS]);

#endif
