/*
 * Numbers the call sites of a series: a call stack has the same number in every snapshot, also in
 * those of another process of the program.
 * Must not: know counters.
 */
#ifndef SILT_MODEL_SITE_NUMBERS_H
#define SILT_MODEL_SITE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;
struct known_stack;

#define SITE_NUMBERS_NONE UINT32_MAX

/* The hashes of call stacks in one snapshot. The next snapshot of the same process usually has the
 * same nodes and more, so only the others are hashed again. */
struct site_keys {
	/* NULL: no snapshot */
	const struct snapshot *snapshot;
	/* by node */
	uint64_t *nodes;
	/* by node: the last site found there; SITE_NUMBERS_NONE */
	uint32_t *site_at;
	size_t node_capacity;
};

struct site_numbers {
	/* number of sites; they are numbered from 0 */
	size_t count;
	/* by hash */
	struct known_stack *table;
	/* by site: its hash */
	uint64_t *hashes;
	size_t capacity;
	struct site_keys keys;
};

/* Which records of a snapshot are which sites. */
struct site_view {
	/* by record */
	uint32_t *site_of;
	/* by record: another record of the same site, as one module may have been at several
	 * addresses; SITE_NUMBERS_NONE: there is none */
	uint32_t *same;
	/* by site: its last record, of sites below `sites`; SITE_NUMBERS_NONE: there is none */
	uint32_t *record_of;
	size_t sites;
};

/* Finds the site of each record, and stores it in `view`; free it with site_view_free(). Adds call
 * stacks that no snapshot had before if `may_add`; or else returns false, without a view, if there
 * are such call stacks. The snapshot must stay until the next call or site_numbers_forget(). */
bool site_numbers_view(struct site_numbers *numbers, const struct snapshot *snapshot, bool may_add,
		       struct site_view *view);
/* Does not compare the next snapshot with this one, which is about to change. */
void site_numbers_forget(struct site_numbers *numbers, const struct snapshot *snapshot);
/* Returns the last record of a site; SITE_NUMBERS_NONE: there is none. */
static inline uint32_t site_view_record(const struct site_view *view, uint32_t site)
{
	return site < view->sites ? view->record_of[site] : SITE_NUMBERS_NONE;
}
void site_view_free(struct site_view *view);
void site_numbers_free(struct site_numbers *numbers);

#endif
