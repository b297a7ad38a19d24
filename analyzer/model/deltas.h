/*
 * Stores the state of a site at each snapshot of a run as bytes: an entry with the differences for
 * each snapshot at which the site changed.
 * Must not: know files.
 *
 * Where generation bins become wider from one snapshot to the next, narrow bins are merged first,
 * so that widening alone is not a change.
 */
#ifndef SILT_MODEL_DELTAS_H
#define SILT_MODEL_DELTAS_H

#include "load/snapshot.h"
#include "model/series.h"

struct deltas {
	unsigned char *bytes;
	uint32_t size, capacity;
	/* snapshot of the last entry, + 1; 0: there is no entry */
	uint32_t last;
};

/* A working list of bins. */
struct deltas_bins {
	struct snapshot_bin *list;
	size_t count, capacity;
};

void deltas_push(struct deltas_bins *bins, struct snapshot_bin bin);
/* Sorts a list of bins, and merges those of one number. Returns the number of bins left. */
size_t deltas_join(struct snapshot_bin *list, size_t count);
/* Merges bins of `from` generations into bins of `to` generations. If `to` is not a multiple of
 * `from`, no bins are left. */
void deltas_widen(struct deltas_bins *bins, uint64_t from, uint64_t to);

/* Appends the difference between two states, whose bins must have the same width. Appends
 * nothing if the states are equal. */
void deltas_add(struct deltas *deltas, uint32_t snapshot, const struct series_state *before,
		const struct series_state *now);

/* Reads entries back. */
struct deltas_cursor {
	const unsigned char *at, *end;
	/* snapshot of the next entry; SERIES_NONE: there is none */
	uint32_t next;
	struct series_state state;
	/* `state.bins` is `bins.list` */
	struct deltas_bins bins, spare;
};

/* Goes to before the first snapshot. The cursor may have been used before. */
void deltas_rewind(struct deltas_cursor *cursor, const struct deltas *deltas);
void deltas_cursor_free(struct deltas_cursor *cursor);

/* Reads the next entry without updating cursor->state, so it must not be mixed with
 * deltas_step(). Returns false if there is no entry. */
bool deltas_next_change(struct deltas_cursor *cursor, uint32_t *snapshot,
			struct series_change *change);

void deltas_change(struct deltas_cursor *cursor, uint32_t snapshot, uint64_t width);

/* Goes on to a snapshot, whose bins are `width` generations wide. Snapshots must be visited in
 * order. Cheap, because most sites do not change at most snapshots. */
static inline void deltas_step(struct deltas_cursor *cursor, uint32_t snapshot, uint64_t width)
{
	if (cursor->next == snapshot || cursor->state.width != width)
		deltas_change(cursor, snapshot, width);
}

#endif
