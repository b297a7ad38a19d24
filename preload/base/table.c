/*
 * A hash table from an address to an entry that never moves: see table.h.
 * Must not: unmap an entry, make one visible before it is filled in.
 */
#include "base/table.h"

#include <string.h>

#define LEAST_SLOTS 512u

/* Open addressing. A slot has the number of an entry; 0: unused. */
struct table_index {
	uint32_t mask;
	_Atomic uint32_t slots[];
};

static uint32_t hash(uintptr_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15ul >> 32);
}

static void insert(struct table_index *index, const struct table_entry *entry)
{
	uint32_t at = hash(entry->key);

	while (index->slots[at & index->mask] != 0)
		at++;
	atomic_store(&index->slots[at & index->mask], entry->number);
}

static size_t index_size(uint32_t slots)
{
	return sizeof(struct table_index) + slots * sizeof(uint32_t);
}

/* Replaces the index by one of twice the size. */
static bool grow_index(struct table *table)
{
	struct table_index *old = atomic_load(&table->index), *index;
	uint32_t slots = old ? (old->mask + 1) * 2 : LEAST_SLOTS, number = 0;
	const struct table_entry *entry;

	index = rt_map(index_size(slots));
	if (!index)
		return false;
	index->mask = slots - 1;
	while ((entry = table_next(table, &number)))
		insert(index, entry);
	atomic_store(&table->index, index);
	if (old)
		rt_unmap(old, index_size(old->mask + 1));
	return true;
}

void *table_make(struct table *table, uintptr_t key)
{
	const struct table_index *index = atomic_load(&table->index);
	struct table_entry *entry;
	uint32_t number = table->free;

	if ((!index || atomic_load(&table->count) >= index->mask / 2) && !grow_index(table))
		return NULL;
	if (number == 0) {
		number = atomic_load(&table->highest) + 1;
		if (!rt_array_reserve(&table->entries, number, table->size))
			return NULL;
		entry = table_at(table, number);
		atomic_store(&table->highest, number);
	} else {
		entry = table_at(table, number);
		table->free = (uint32_t)entry->key;
	}
	memset(entry, 0, table->size);
	entry->key = key;
	entry->number = number;
	return entry;
}

void table_enter(struct table *table, void *added)
{
	struct table_entry *entry = added;

	atomic_store_explicit(&entry->used, 1, memory_order_release);
	insert(atomic_load(&table->index), entry);
	atomic_fetch_add(&table->count, 1);
}

/* Moves entries after the hole into it, if the hole would end a search for them. Each is stored in
 * its new slot before it leaves the old one, so that a concurrent reader finds it. */
static void close_hole(const struct table *table, struct table_index *index, uint32_t hole)
{
	uint32_t number;

	for (uint32_t at = hole + 1; (number = index->slots[at & index->mask]) != 0; at++) {
		uint32_t home = hash(((const struct table_entry *)table_at(table, number))->key);

		if (((at - home) & index->mask) < ((at - hole) & index->mask))
			continue; /* its search begins after the hole */
		atomic_store(&index->slots[hole & index->mask], number);
		hole = at;
	}
	atomic_store(&index->slots[hole & index->mask], 0);
}

void table_remove(struct table *table, void *removed)
{
	struct table_index *index = atomic_load(&table->index);
	struct table_entry *entry = removed;
	uint32_t at = hash(entry->key);

	while (index->slots[at & index->mask] != entry->number)
		at++;
	close_hole(table, index, at);
	atomic_store(&entry->used, 0);
	atomic_fetch_sub(&table->count, 1);
	entry->key = table->free;
	table->free = entry->number;
}

void *table_find(const struct table *table, uintptr_t key, const void *after)
{
	const struct table_index *index = atomic_load(&table->index);
	bool passed = !after;
	uint32_t number;

	if (!index)
		return NULL;
	for (uint32_t at = hash(key); (number = index->slots[at & index->mask]) != 0; at++) {
		struct table_entry *entry = table_at(table, number);

		if (entry->key != key)
			continue;
		if (passed)
			return entry;
		passed = entry == after;
	}
	return NULL;
}

void *table_next(const struct table *table, uint32_t *number)
{
	uint32_t highest = atomic_load(&table->highest);

	while (*number < highest) {
		struct table_entry *entry = table_at(table, ++*number);

		if (atomic_load_explicit(&entry->used, memory_order_acquire))
			return entry;
	}
	return NULL;
}
