/*
 * Finds functions that look like allocators of the program's own: see wrappers.h.
 * Must not: change who is blamed, print.
 */
#include "model/wrappers.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "util/mem.h"

#define CALLERS 3
#define LEAST_SHARE 0.05
#define LEAST_TOGETHER 0.1

struct candidate {
	const char *name;
	uint64_t bytes;
	const char *callers[CALLERS];
	size_t caller_count;
	UT_hash_handle hh;
};

/* Returns true if the name looks like an allocator's and can be passed to --skip unquoted. */
static bool looks_like_allocator(const char *name)
{
	return name && !strpbrk(name, "*?[]\\'") &&
	       (strcasestr(name, "alloc") || strcasestr(name, "strdup") ||
		strcasestr(name, "memdup"));
}

static void add_caller(struct candidate *candidate, const struct profile_site *site)
{
	const char *caller = site->blamed + 1 < site->frame_count
				     ? site->frames[site->blamed + 1]->function
				     : NULL;

	if (!caller || candidate->caller_count == CALLERS)
		return;
	for (size_t i = 0; i < candidate->caller_count; i++)
		if (strcmp(candidate->callers[i], caller) == 0)
			return;
	candidate->callers[candidate->caller_count++] = caller;
}

static int compare(struct candidate *a, struct candidate *b)
{
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

void wrappers_find(const struct profile *profile, const struct filter_list *filters,
		   struct wrappers *wrappers)
{
	struct candidate *table = NULL, *candidate, *next;
	uint64_t total = 0;

	*wrappers = (struct wrappers){0};
	for (uint64_t i = 0; i < profile->site_count; i++) {
		const struct profile_site *site = &profile->sites[i];
		const char *name = site->frames[site->blamed]->function;

		if (!filter_keeps(filters, site))
			continue;
		total += snapshot_live_bytes(site->counters);
		if (!looks_like_allocator(name))
			continue;
		HASH_FIND_STR(table, name, candidate);
		if (!candidate) {
			candidate = mem_zeroed(1, sizeof *candidate);
			candidate->name = name;
			HASH_ADD_KEYPTR(hh, table, candidate->name, strlen(candidate->name),
					candidate);
		}
		candidate->bytes += snapshot_live_bytes(site->counters);
		add_caller(candidate, site);
	}
	HASH_SORT(table, compare);
	for (candidate = table; candidate; candidate = next) {
		double share = total ? (double)candidate->bytes / (double)total : 0;

		if (wrappers->count < WRAPPERS_MOST && candidate->caller_count == CALLERS &&
		    share >= LEAST_SHARE) {
			wrappers->names[wrappers->count++] = candidate->name;
			wrappers->share += share;
		}
		next = candidate->hh.next;
		HASH_DEL(table, candidate);
		free(candidate);
	}
	if (wrappers->share < LEAST_TOGETHER)
		wrappers->count = 0;
}
