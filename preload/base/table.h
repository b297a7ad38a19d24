/*
 * A hash table from an address to an entry that never moves.
 * Path: warm. Threads: changes under the caller's lock; entries can be read at any moment without
 * it, also in a copy of the process made in the midst of a change: they stay mapped, and an entry
 * is filled in before it is seen. Memory: own pages; the entries, and 8 to 16 bytes each for the
 * index.
 * Must not: be asked table_find() in another thread without the lock: the index moves.
 */
#ifndef SILT_TABLE_H
#define SILT_TABLE_H

#include "base/rt.h"

/* What each entry begins with. */
struct table_entry {
	uintptr_t key;
	uint32_t number;
	/* 0: free */
	_Atomic uint32_t used;
};

struct table_index;

struct table {
	/* of an entry */
	size_t size;
	struct rt_array entries;
	struct table_index *_Atomic index;
	/* number given out so far; they begin at 1 */
	_Atomic uint32_t highest;
	/* entries in use */
	_Atomic uint32_t count;
	/* number of the first of those given back */
	uint32_t free;
};

/* A zeroed entry, which table_enter() must follow, or nothing; NULL: no memory. */
void *table_make(struct table *table, uintptr_t key);
/* From now on it is found. */
void table_enter(struct table *table, void *entry);
/* Takes it out; the entry may be used for another key at once. */
void table_remove(struct table *table, void *entry);
/* The entry of this key, or the next one after `after`, for several may have the same; NULL: no
 * more. */
void *table_find(const struct table *table, uintptr_t key, const void *after);

/* The entry with this number. */
static inline void *table_at(const struct table *table, uint32_t number)
{
	return rt_array_at(&table->entries, number, table->size);
}

/* The next entry in use above `*number`, which begins with 0; NULL: no more. */
void *table_next(const struct table *table, uint32_t *number);

#endif
