/*
 * A hash table from an address to an entry that never moves.
 * Path: warm. Threads: changes under the caller's lock. Entries may be read at any time without it,
 * also in a copy of the process made during a change: they stay mapped, and are filled in before
 * they become visible. Memory: own pages: the entries, and 8 to 16 bytes each for the index.
 * Must not: search with table_find() without the lock while another thread changes it: the index
 * moves.
 */
#ifndef SILT_TABLE_H
#define SILT_TABLE_H

#include "base/rt.h"

/* The first member of each entry. */
struct table_entry {
	uintptr_t key;
	uint32_t number;
	/* 0: unused */
	_Atomic uint32_t used;
};

struct table_index;

/* Zeroed but for `size`. */
struct table {
	/* bytes of an entry */
	size_t size;
	struct rt_array entries;
	struct table_index *_Atomic index;
	/* the highest number in use so far; numbers begin at 1 */
	_Atomic uint32_t highest;
	/* entries in use */
	_Atomic uint32_t count;
	/* number of the first removed entry, for reuse; 0: none */
	uint32_t free;
};

/* Allocates a zeroed entry, which the caller fills in and passes to table_enter(). NULL: no
 * memory. */
void *table_make(struct table *table, uintptr_t key);
/* Makes the entry visible. */
void table_enter(struct table *table, void *entry);
/* Removes the entry, which may be reused for another key at once. */
void table_remove(struct table *table, void *entry);
/* The first entry of this key, or the next one after `after`: a key may have several. NULL:
 * none. */
void *table_find(const struct table *table, uintptr_t key, const void *after);

/* The entry with this number. */
static inline void *table_at(const struct table *table, uint32_t number)
{
	return rt_array_at(&table->entries, number, table->size);
}

/* The next entry in use after number *number, which is advanced and starts at 0. NULL: no more. */
void *table_next(const struct table *table, uint32_t *number);

#endif
