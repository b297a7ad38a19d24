/*
 * Ranks the roots that lead to some blocks: see root_ranking.h.
 *
 * Several roots lead to the same blocks: the variable that owns them, a stale pointer into the
 * middle of a list, buffers of the C library, a library's registry, a chance word. These criteria
 * decide, in this order:
 *   1. how many of the blocks the root leads to: a pointer into the middle of a list leads only to
 *      what follows;
 *   2. how it leads there: an anchor is better than an element of its own in a ring, a pointer into
 *      the middle of a list, a few of many elements, or words that do not point where the program's
 *      own pointers do;
 *   3. whose the root is: named by the program, then the program's own variables, its locals,
 *      variables of libraries, places without a name;
 *   4. whether types explain the path: a step that no field explains may be a stale word;
 *   5. what else the root leads to: an owner holds less than a registry of everything;
 *   6. how long the path is.
 */
#include "model/root_ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

struct candidate {
	const struct holder *holder;
	/* the holder, or the function and variable that a stack slot or register belongs to */
	const struct holder *shown;
	struct holder_path *path;
	/* blocks of the sites, and blocks in all, that the root leads to */
	uint64_t blocks, all_blocks;
	/* by criterion, the most important first; smaller is better */
	int rank[6];
	UT_hash_handle hh;
};

struct root_rank {
	struct holders *holders;
	const struct snapshot *snapshot;
	const uint32_t *sites;
	size_t count;
	/* by site of the snapshot: true for the sites asked for */
	bool *is_wanted;
	uint64_t blocks;
	struct candidate *candidates;
	/* words examined for a variable */
	size_t words;
};

/* -- how many blocks a root leads to -- */

static void count_reach(struct root_rank *ranking, const struct snapshot_reach *reach)
{
	const struct holder *counted[4] = {NULL};
	struct candidate *candidate;

	for (uint32_t i = 0; i < reach->count; i++) {
		const struct holder *holder = holders_by_root(ranking->holders, reach->roots[i]);
		bool twice = false;

		for (uint32_t j = 0; j < i; j++)
			twice |= counted[j] == holder;
		counted[i] = holder;
		if (twice)
			continue;
		HASH_FIND_PTR(ranking->candidates, &holder, candidate);
		if (!candidate) {
			candidate = mem_zeroed(1, sizeof *candidate);
			candidate->holder = holder;
			HASH_ADD_PTR(ranking->candidates, holder, candidate);
		}
		candidate->all_blocks += reach->blocks;
		if (ranking->is_wanted[reach->site])
			candidate->blocks += reach->blocks;
	}
	if (ranking->is_wanted[reach->site])
		ranking->blocks += reach->blocks;
}

/* -- how a root leads there -- */

/* Looks at the edges between blocks of one site: stores whether one of them has both offsets (a
 * single field), and whether one has the target offset. Returns the number of pointers of all of
 * them. */
static uint64_t chained(const struct root_rank *ranking, uint32_t site, uint64_t offset,
			uint64_t target_offset, bool *same_field, bool *same_target)
{
	size_t count;
	const struct snapshot_edge *const *edges = holders_edges(ranking->holders, &count);
	uint64_t pointers = 0;

	*same_field = *same_target = false;
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_edge *edge = edges[i];

		if (edge->from_root || edge->source != site || edge->target != site)
			continue;
		pointers += edge->count;
		*same_target |= !edge->target_varies && edge->target_offset == target_offset;
		*same_field |= !edge->target_varies && edge->target_offset == target_offset &&
			       !edge->stride && edge->offset == offset;
	}
	return pointers;
}

static uint64_t smallest_block(const struct root_rank *ranking, uint32_t site)
{
	return ranking->snapshot->sites[site].min_size;
}

static uint64_t size_of(const struct root_rank *ranking, uint32_t root)
{
	return ranking->snapshot->graph.roots[root].size;
}

enum manner { AS_ANCHOR, AS_MEMBER, INTO_MIDDLE, AS_VIEW, BY_CHANCE };

/* Returns true if the pointers lead to the end of a chain, or if the snapshot does not say. */
static bool points_to_end(const struct root_rank *ranking, const struct candidate *candidate,
			  uint32_t site)
{
	const struct snapshot_graph *graph = &ranking->snapshot->graph;
	uint64_t pointers = 0, ends = 0;

	for (uint64_t i = 0; i < graph->anchor_count; i++) {
		const struct snapshot_anchor *anchor = &graph->anchors[i];

		if (anchor->site != site ||
		    holders_by_root(ranking->holders, anchor->root) != candidate->holder)
			continue;
		pointers += anchor->pointers;
		ends += anchor->ends;
	}
	return ends > 0 || pointers == 0;
}

#define CHAINS 0.1 /* of the pointers: with so many chains more or fewer there is one for each */

/* Returns true if the pointers lead to the blocks that no other of them leads to, by one of their
 * fields: to the chains of a hash table, whatever other list its entries are in. */
static bool begins_chains(const struct root_rank *ranking, uint32_t site, uint64_t pointers)
{
	double blocks = (double)snapshot_live_blocks(&ranking->snapshot->sites[site]),
	       chains = (double)pointers;
	size_t count;
	const struct snapshot_edge *const *edges = holders_edges(ranking->holders, &count);

	for (size_t i = 0; i < count; i++)
		if (!edges[i]->from_root && !edges[i]->stride && edges[i]->source == site &&
		    edges[i]->target == site &&
		    fabs(blocks - (double)edges[i]->count - chains) <= CHAINS * chains)
			return true;
	return false;
}

/* pointers of a view; with fewer a root has a tree by root and ends, a list by head and tail */
#define VIEW_LEAST 8

/* Returns how the edges from a holder lead into a chain of blocks; AS_ANCHOR if there is no
 * chain. */
static enum manner manner_of(const struct root_rank *ranking, const struct candidate *candidate,
			     uint32_t site)
{
	size_t count;
	const struct snapshot_edge *const *edges = holders_edges(ranking->holders, &count);
	uint64_t pointers = 0, blocks = snapshot_live_blocks(&ranking->snapshot->sites[site]),
		 in_chain = 0;
	bool all_members = true, all_chance = true, same_field, same_target;

	for (size_t i = 0; i < count; i++) {
		const struct snapshot_edge *edge = edges[i];

		if (!edge->from_root || edge->target != site ||
		    holders_by_root(ranking->holders, edge->source) != candidate->holder)
			continue;
		in_chain = chained(ranking, site, edge->offset, edge->target_offset, &same_field,
				   &same_target);
		pointers += edge->count;
		all_members &= same_field && !edge->stride &&
			       size_of(ranking, edge->source) >= smallest_block(ranking, site);
		all_chance &= edge->target_varies || (edge->interior && !same_target);
	}
	if (!pointers || in_chain * 2 < blocks)
		return AS_ANCHOR;
	if (all_chance)
		return BY_CHANCE;
	if (all_members)
		return AS_MEMBER;
	if (pointers >= VIEW_LEAST && pointers * 10 < blocks * 9)
		return begins_chains(ranking, site, pointers) ? AS_ANCHOR : AS_VIEW;
	return points_to_end(ranking, candidate, site) ? AS_ANCHOR : INTO_MIDDLE;
}

/* -- whose the root is -- */

enum owner {
	OWNER_OWN,
	OWNER_LOCAL,
	/* a local variable that points to an element: it may be a cursor */
	OWNER_CURSOR,
	OWNER_UNNAMED,
	OWNER_LIBRARY,
	/* a word where the debug information of its function has no variable: may be stale */
	OWNER_LEFT_OVER,
	OWNER_LIBRARY_UNNAMED,
	OWNER_STACK,
	OWNER_NONE
};

static int owner_rank(const struct root_rank *ranking, const struct candidate *candidate)
{
	const struct holder *holder = candidate->shown;
	const char *program =
		ranking->snapshot->module_count ? ranking->snapshot->modules[0].path : NULL;
	bool own = holder->module && program && strcmp(holder->module, program) == 0;
	switch (holder->kind) {
	case SILT_ROOT_REGION:
		return OWNER_OWN;
	case SILT_ROOT_GLOBAL:
	case SILT_ROOT_TLS:
		if (own && holder->flags & SILT_ROOT_ARGUMENT)
			return OWNER_LOCAL;
		if (own)
			return holder->symbol ? OWNER_OWN : OWNER_UNNAMED;
		return holder->symbol ? OWNER_LIBRARY : OWNER_LIBRARY_UNNAMED;
	case SILT_ROOT_STACK:
	case SILT_ROOT_REGISTER:
		if (own && holder->symbol)
			return holder->local  ? OWNER_LOCAL
			       : holder->file ? OWNER_LEFT_OVER
					      : OWNER_UNNAMED;
		return OWNER_STACK;
	default:
		return OWNER_NONE;
	}
}

/* -- the ranking -- */

static int magnitude(uint64_t value)
{
	int bits = 0;

	while (value >>= 1)
		bits++;
	return bits;
}

/* Counts the steps that no field explains. */
static int unexplained(const char *path)
{
	int count = 0;

	for (const char *at = strstr(path, "+0x"); at; at = strstr(at + 1, "+0x"))
		count++;
	return count;
}

/* share of the blocks: a smaller share is one of many elements, or the end of a chain */
#define FEW 0.1
#define WHOLE 0.9 /* share of the blocks: the rest was reached first by roots too many to note */

/* Returns true if the path begins at an element of a chain. */
static bool is_in_chain(const struct root_rank *ranking, const struct holder_path *path)
{
	bool same_field, same_target;

	return path->via_count &&
	       chained(ranking, path->via[0], 0, 0, &same_field, &same_target) * 2 >=
		       snapshot_live_blocks(&ranking->snapshot->sites[path->via[0]]);
}

#define LOCAL_WORDS 32 /* words of a frame, or registers, examined for a variable at most, */
#define ALL_WORDS 512  /* and words of all frames: each costs a search */

static bool is_settled(const struct root_rank *ranking, const struct candidate *candidate)
{
	return candidate->shown->local &&
	       !(candidate->path && is_in_chain(ranking, candidate->path));
}

/* The words of a frame and the registers belong to several variables of several functions. Of
 * those that lead to the site takes one that is known, and rather one that leads to an object
 * with the list than one that points to an element. */
static void find_variable(struct root_rank *ranking, struct candidate *candidate, uint32_t site)
{
	size_t count, tried = 0;
	const struct snapshot_edge *const *edges = holders_edges(ranking->holders, &count);

	if (candidate->holder->kind != SILT_ROOT_STACK &&
	    candidate->holder->kind != SILT_ROOT_REGISTER)
		return;
	for (size_t i = 0; i < count && tried < LOCAL_WORDS && ranking->words < ALL_WORDS &&
			   !is_settled(ranking, candidate);
	     i++) {
		struct candidate other = {.path = NULL};

		if (!edges[i]->from_root ||
		    holders_by_root(ranking->holders, edges[i]->source) != candidate->holder)
			continue;
		tried++;
		ranking->words++;
		other.path = holders_connect_by(ranking->holders, edges[i], site);
		other.shown = other.path ? holders_local(ranking->holders, other.path) : NULL;
		if (other.shown && other.shown->local &&
		    (!candidate->shown->local || is_settled(ranking, &other))) {
			candidate->path = other.path;
			candidate->shown = other.shown;
		}
	}
}

static void rank(struct root_rank *ranking, struct candidate *candidate)
{
	double share = ranking->blocks ? (double)candidate->blocks / (double)ranking->blocks : 0;
	uint32_t site = ranking->sites[0];

	for (size_t i = 0; i < ranking->count && !candidate->path; i++) {
		site = ranking->sites[i];
		candidate->path = holders_connect(ranking->holders, candidate->holder, site);
	}
	if (candidate->path)
		candidate->shown = holders_local(ranking->holders, candidate->path);
	if (!candidate->shown)
		candidate->shown = candidate->holder;
	find_variable(ranking, candidate, site);
	candidate->rank[0] = share >= WHOLE ? 0 : share >= 0.5 ? 1 : share >= FEW ? 2 : 3;
	/* a word other than those that lead into the chain */
	candidate->rank[1] = (int)(candidate->path && candidate->path->first_site != site
					   ? AS_ANCHOR
					   : manner_of(ranking, candidate, site));
	candidate->rank[2] = owner_rank(ranking, candidate);
	if (candidate->rank[2] == OWNER_LOCAL && candidate->path &&
	    is_in_chain(ranking, candidate->path))
		candidate->rank[2] = OWNER_CURSOR;
	candidate->rank[4] = magnitude(candidate->all_blocks);
	if (candidate->path) {
		size_t steps;

		free(holders_steps(ranking->holders, candidate->path, &steps));
		candidate->rank[3] = unexplained(holders_path(ranking->holders, candidate->path));
		candidate->rank[5] = (int)steps;
	}
}

static int compare(const struct candidate *a, const struct candidate *b)
{
	for (size_t i = 0; i < sizeof a->rank / sizeof a->rank[0]; i++)
		if (a->rank[i] != b->rank[i])
			return a->rank[i] < b->rank[i] ? -1 : 1;
	if (a->blocks != b->blocks)
		return a->blocks < b->blocks ? 1 : -1;
	return a->holder->address < b->holder->address ? -1
						       : a->holder->address > b->holder->address;
}

/* While an element is inserted in front, the head of a list may point to what is now the second
 * element, and only a register to the first. And a variable that begins with the head of a list
 * looks like an element. So both are demoted only if there is an anchor with a name. */
static void forgive_links(struct candidate *candidates)
{
	struct candidate *candidate;

	for (candidate = candidates; candidate; candidate = candidate->hh.next)
		if (candidate->rank[0] == 0 && candidate->rank[1] == AS_ANCHOR &&
		    candidate->rank[2] <= OWNER_CURSOR)
			return;
	for (candidate = candidates; candidate; candidate = candidate->hh.next)
		if ((candidate->rank[1] == INTO_MIDDLE || candidate->rank[1] == AS_MEMBER) &&
		    candidate->rank[2] <= OWNER_CURSOR)
			candidate->rank[1] = AS_ANCHOR;
}

/* A variable in a register and its copies on the stack are one root. */
static bool is_ranked(const struct ranked_root *roots, size_t count, const struct holder *holder)
{
	for (size_t i = 0; i < count; i++)
		if (roots[i].holder == holder)
			return true;
	return false;
}

size_t root_ranking_best(struct holders *holders, const struct snapshot *snapshot,
			 const uint32_t *sites, size_t count,
			 struct ranked_root roots[RANKED_ROOTS])
{
	struct root_rank ranking = {
		.holders = holders, .snapshot = snapshot, .sites = sites, .count = count};
	struct candidate *candidate, *next;
	size_t found = 0;

	if (!count || !snapshot->graph.reach_count)
		return 0;
	ranking.is_wanted = mem_zeroed(snapshot->site_count, sizeof *ranking.is_wanted);
	for (size_t i = 0; i < count; i++)
		ranking.is_wanted[sites[i]] = true;
	for (uint64_t i = 0; i < snapshot->graph.reach_count; i++)
		count_reach(&ranking, &snapshot->graph.reaches[i]);
	HASH_ITER(hh, ranking.candidates, candidate, next)
	{
		// cppcheck-suppress uninitvar; HASH_ITER sets it
		if (candidate->blocks) {
			rank(&ranking, candidate);
		} else {
			HASH_DEL(ranking.candidates, candidate);
			free(candidate);
		}
	}
	forgive_links(ranking.candidates);
	HASH_SORT(ranking.candidates, compare);
	HASH_ITER(hh, ranking.candidates, candidate, next)
	{
		if (found < RANKED_ROOTS && candidate->path &&
		    !is_ranked(roots, found, candidate->shown))
			roots[found++] = (struct ranked_root){candidate->shown, candidate->path,
							      (double)candidate->blocks /
								      (double)ranking.blocks};
		HASH_DEL(ranking.candidates, candidate);
		free(candidate);
	}
	free(ranking.is_wanted);
	return found;
}
