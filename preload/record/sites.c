/*
 * Stores every distinct traceback once: see sites.h.
 * Path: cold. Threads: all, adding under one lock. Memory: own pages.
 */
#include "record/sites.h"

#include "base/rt.h"
#include "silt_snapshot.h"

#define FIRST_SIZE 2048u
#define MAX_NODES (12u << 20)

struct sites_table *_Atomic sites_table;

struct node_table {
	uint32_t mask, used;
	/* open addressing by (parent, pc); 0: unused */
	uint32_t nodes[];
};

static struct {
	struct rt_lock lock;
	/* of struct site; element 0 is unused */
	struct rt_array sites;
	/* of struct sites_node; element 0 is unused */
	struct rt_array nodes;
	_Atomic uint32_t site_count, node_count;
	struct node_table *node_table;
	/* memory ran out: no more sites are added */
	_Atomic bool full;
	_Atomic uint64_t lost;
} sites = {.lock = RT_LOCK(RT_RANK_SITES)};

static struct sites_table *new_table(uint32_t size)
{
	struct sites_table *table = rt_map(sizeof *table + size * sizeof(struct sites_entry));

	if (table) {
		table->mask = size - 1;
		table->entries = (struct sites_entry *)(table + 1);
	}
	return table;
}

static struct sites_entry *free_entry(struct sites_table *table, uint64_t hash)
{
	uint32_t i = (uint32_t)(hash >> 32);

	while (atomic_load_explicit(&table->entries[i & table->mask].hash, memory_order_relaxed) !=
	       0)
		i++;
	return &table->entries[i & table->mask];
}

static void insert(struct sites_table *table, uint64_t hash, uint32_t site)
{
	struct sites_entry *entry = free_entry(table, hash);

	entry->site = site;
	atomic_store_explicit(&entry->hash, hash, memory_order_release);
	table->used++;
}

/* The old table stays mapped for readers that still use it; all old tables together are no larger
 * than the new one. */
static struct sites_table *grow(struct sites_table *old)
{
	struct sites_table *table = new_table((old->mask + 1) * 2);

	if (!table)
		return NULL;
	for (uint32_t i = 0; i <= old->mask; i++) {
		uint64_t hash = atomic_load_explicit(&old->entries[i].hash, memory_order_relaxed);

		if (hash)
			insert(table, hash, old->entries[i].site);
	}
	atomic_store_explicit(&sites_table, table, memory_order_release);
	return table;
}

static struct node_table *new_node_table(uint32_t size)
{
	struct node_table *table = rt_map(sizeof *table + size * sizeof table->nodes[0]);

	if (table)
		table->mask = size - 1;
	return table;
}

static uint32_t node_hash(uint32_t parent, uint32_t pc)
{
	return (uint32_t)((((uint64_t)parent << 32 | pc) * 0x9e3779b97f4a7c15ul) >> 32);
}

static void grow_node_table(void)
{
	struct node_table *old = sites.node_table, *table = new_node_table((old->mask + 1) * 2);

	if (!table)
		return;
	for (uint32_t i = 0; i <= old->mask; i++) {
		const struct sites_node *node;
		uint32_t at;

		if (!old->nodes[i])
			continue;
		node = sites_node(old->nodes[i]);
		for (at = node_hash(node->parent, node->pc); table->nodes[at & table->mask]; at++)
			;
		table->nodes[at & table->mask] = old->nodes[i];
	}
	table->used = old->used;
	sites.node_table = table;
	rt_unmap(old, sizeof *old + (old->mask + 1) * sizeof old->nodes[0]);
}

/* The node of (parent, pc), added if it is new; 0: no room. */
static uint32_t intern_node(uint32_t parent, uint32_t pc)
{
	struct node_table *table = sites.node_table;
	uint32_t at, number;

	for (at = node_hash(parent, pc); table->nodes[at & table->mask]; at++) {
		const struct sites_node *node = sites_node(table->nodes[at & table->mask]);

		if (node->parent == parent && node->pc == pc)
			return table->nodes[at & table->mask];
	}
	number = atomic_load_explicit(&sites.node_count, memory_order_relaxed) + 1;
	if (number >= MAX_NODES || table->used + 1 >= table->mask ||
	    !rt_array_reserve(&sites.nodes, number, sizeof(struct sites_node)))
		return 0;
	*(struct sites_node *)rt_array_at(&sites.nodes, number, sizeof(struct sites_node)) =
		(struct sites_node){parent, pc};
	atomic_store_explicit(&sites.node_count, number, memory_order_release);
	table->nodes[at & table->mask] = number;
	if (++table->used * 2 > table->mask)
		grow_node_table();
	return number;
}

static uint32_t store(const struct unwind_trace *trace, uint32_t depth)
{
	uint32_t node = 0, number = sites_count() + 1;

	if (number > SITES_MAX || !rt_array_reserve(&sites.sites, number, sizeof(struct site)))
		return 0;
	for (uint32_t i = trace->count; i-- > 0;) {
		node = intern_node(node, unwind_pc(trace, i));
		if (!node)
			return 0;
	}
	*(struct site *)rt_array_at(&sites.sites, number, sizeof(struct site)) =
		(struct site){node, depth, trace->flags, 0, rt_monotonic_ns()};
	atomic_store_explicit(&sites.site_count, number, memory_order_release);
	return number;
}

uint32_t sites_add_bare(uint32_t flags)
{
	static const struct unwind_trace none;
	uint32_t number;

	rt_lock(&sites.lock);
	number = store(&none, 0);
	if (number)
		((struct site *)rt_array_at(&sites.sites, number, sizeof(struct site)))->flags =
			flags;
	rt_unlock(&sites.lock);
	return number;
}

uint32_t sites_add(const struct unwind_trace *trace, struct unwind_walk *walk,
		   const struct unwind_start *start)
{
	uint32_t site, depth = trace->depth;
	struct sites_table *table;

	if (atomic_load_explicit(&sites.full, memory_order_relaxed)) {
		atomic_fetch_add(&sites.lost, 1);
		return 0;
	}
	if (trace->flags & SILT_SITE_CUT && (!trace->in_frames || depth == 0))
		depth = unwind_count(walk, start);
	rt_lock(&sites.lock);
	table = atomic_load_explicit(&sites_table, memory_order_relaxed);
	for (uint32_t i = (uint32_t)(trace->hash >> 32);;
	     i++) { /* another thread may have added it */
		const struct sites_entry *entry = &table->entries[i & table->mask];
		uint64_t hash = atomic_load_explicit(&entry->hash, memory_order_relaxed);

		if (hash == trace->hash) {
			rt_unlock(&sites.lock);
			return entry->site;
		}
		if (hash == 0)
			break;
	}
	if ((table->used + 1) * 2 > table->mask)
		table = grow(table);
	site = table ? store(trace, depth) : 0;
	if (site) {
		insert(table, trace->hash, site);
	} else {
		atomic_store(&sites.full, true);
		atomic_fetch_add(&sites.lost, 1);
	}
	rt_unlock(&sites.lock);
	return site;
}

RT_COLD void sites_check(uint32_t site, const struct unwind_start *start)
{
	uint32_t stored[SILT_MAX_DEPTH], count = 0;

	for (uint32_t node = sites_get(site)->node; node && count < SILT_MAX_DEPTH;
	     node = sites_node(node)->parent)
		stored[count++] = sites_node(node)->pc;
	unwind_check(start, stored, count);
}

uint32_t sites_count(void)
{
	return atomic_load_explicit(&sites.site_count, memory_order_acquire);
}

const struct site *sites_get(uint32_t site)
{
	return rt_array_at(&sites.sites, site, sizeof(struct site));
}

uint32_t sites_node_count(void)
{
	return atomic_load_explicit(&sites.node_count, memory_order_acquire);
}

const struct sites_node *sites_node(uint32_t node)
{
	return rt_array_at(&sites.nodes, node, sizeof(struct sites_node));
}

uint64_t sites_lost(void)
{
	return atomic_load(&sites.lost);
}

bool sites_start(void)
{
	struct sites_table *table = new_table(FIRST_SIZE);

	atomic_store(&sites_table, table);
	sites.node_table = new_node_table(FIRST_SIZE);
	return table && sites.node_table;
}

void sites_before_fork(void)
{
	rt_lock(&sites.lock);
}

void sites_after_fork(void)
{
	rt_unlock(&sites.lock);
}
