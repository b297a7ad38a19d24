/* Numbers the call sites of a series: see site_numbers.h. */
#include "model/site_numbers.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

/* A call stack that a snapshot of the series has. */
struct known_stack {
	uint64_t hash;
	uint32_t site;
	UT_hash_handle hh;
};

/* -- hashes of call stacks -- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 5381;

	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return hash;
}

static bool same_pc(const struct snapshot *a, const struct snapshot *b, uint64_t i)
{
	const struct snapshot_pc *x = &a->pcs[i], *y = &b->pcs[i];

	return x->address == y->address && x->exact == y->exact && x->module == y->module &&
	       (x->module == SNAPSHOT_NO_MODULE ||
		strcmp(a->modules[x->module].path, b->modules[y->module].path) == 0);
}

/* Returns the number of nodes, from the first, that are the same call stacks as in the snapshot
 * before. */
static uint64_t same_nodes(const struct snapshot *old, const struct snapshot *new)
{
	if (!old || !old->node_count || old->node_count > new->node_count ||
	    old->pc_count > new->pc_count ||
	    memcmp(old->nodes + 1, new->nodes + 1, old->node_count * sizeof *old->nodes) != 0)
		return 0;
	for (uint64_t i = 0; i < old->pc_count; i++)
		if (!same_pc(old, new, i))
			return 0;
	return old->node_count;
}

/* Hashes the call stack of each node by the files and addresses of its frames. */
static void hash_nodes(struct site_keys *keys, const struct snapshot *snapshot)
{
	uint64_t *modules = mem_zeroed(snapshot->module_count + 1, sizeof *modules);
	uint64_t same = same_nodes(keys->snapshot, snapshot);

	if (keys->node_capacity < snapshot->node_count + 1 || !keys->nodes) {
		keys->node_capacity = snapshot->node_count + 1;
		keys->nodes = mem_resize(keys->nodes, keys->node_capacity, sizeof *keys->nodes);
		keys->site_at =
			mem_resize(keys->site_at, keys->node_capacity, sizeof *keys->site_at);
	}
	keys->nodes[0] = 0;
	if (!same)
		keys->site_at[0] = SITE_NUMBERS_NONE;
	for (uint64_t i = 0; i < snapshot->module_count; i++)
		modules[i] = hash_text(snapshot->modules[i].path);
	for (uint64_t i = same + 1; i <= snapshot->node_count; i++) {
		const struct snapshot_pc *pc = &snapshot->pcs[snapshot->nodes[i].pc];
		uint64_t module = pc->module == SNAPSHOT_NO_MODULE ? 1 : modules[pc->module];

		keys->nodes[i] = mix(mix(keys->nodes[snapshot->nodes[i].parent], module),
				     pc->address << 1 | pc->exact);
		keys->site_at[i] = SITE_NUMBERS_NONE;
	}
	free(modules);
	keys->snapshot = snapshot;
}

/* -- numbers -- */

/* Returns the site with a hash. Adds it if `may_add`, or else returns SITE_NUMBERS_NONE. */
static uint32_t site_with(struct site_numbers *numbers, uint64_t hash, bool may_add)
{
	struct known_stack *known;

	HASH_FIND(hh, numbers->table, &hash, sizeof hash, known);
	if (known || !may_add)
		return known ? known->site : SITE_NUMBERS_NONE;
	known = mem_zeroed(1, sizeof *known);
	known->hash = hash;
	known->site = (uint32_t)numbers->count;
	HASH_ADD(hh, numbers->table, hash, sizeof hash, known);
	if (numbers->count == numbers->capacity) {
		numbers->capacity = numbers->capacity ? numbers->capacity * 2 : 64;
		numbers->hashes =
			mem_resize(numbers->hashes, numbers->capacity, sizeof *numbers->hashes);
	}
	numbers->hashes[numbers->count++] = hash;
	return known->site;
}

bool site_numbers_view(struct site_numbers *numbers, const struct snapshot *snapshot, bool may_add,
		       struct site_view *view)
{
	hash_nodes(&numbers->keys, snapshot);
	view->site_of = mem_alloc((snapshot->site_count + 1) * sizeof *view->site_of);
	view->same = mem_alloc((snapshot->site_count + 1) * sizeof *view->same);
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *record = &snapshot->sites[i];
		uint32_t *near = &numbers->keys.site_at[record->node];
		uint64_t hash = mix(numbers->keys.nodes[record->node],
				    record->flags & SILT_SITE_CUT ? record->depth : 0);

		if (*near == SITE_NUMBERS_NONE || numbers->hashes[*near] != hash)
			*near = site_with(numbers, hash, may_add);
		if (*near == SITE_NUMBERS_NONE) {
			site_view_free(view);
			return false;
		}
		view->site_of[i] = *near;
	}
	view->sites = numbers->count;
	view->record_of = mem_alloc((view->sites + 1) * sizeof *view->record_of);
	memset(view->record_of, 0xff, view->sites * sizeof *view->record_of);
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		view->same[i] = view->record_of[view->site_of[i]];
		view->record_of[view->site_of[i]] = i;
	}
	return true;
}

void site_numbers_forget(struct site_numbers *numbers, const struct snapshot *snapshot)
{
	if (numbers->keys.snapshot == snapshot)
		numbers->keys.snapshot = NULL;
}

void site_view_free(struct site_view *view)
{
	free(view->site_of);
	free(view->same);
	free(view->record_of);
	*view = (struct site_view){0};
}

void site_numbers_free(struct site_numbers *numbers)
{
	struct known_stack *known, *next;

	HASH_ITER(hh, numbers->table, known, next)
	{
		HASH_DEL(numbers->table, known);
		free(known);
	}
	free(numbers->hashes);
	free(numbers->keys.nodes);
	free(numbers->keys.site_at);
}
