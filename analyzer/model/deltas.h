/*
 * What a site was at each snapshot of a run, as bytes: an entry for each snapshot at which
 * something changed, with the differences.
 * Must not: know files.
 *
 * Where generation bins become wider from one snapshot to the next, narrow ones are added up first,
 * so that widening alone is no change.
 */
#ifndef SILT_MODEL_DELTAS_H
#define SILT_MODEL_DELTAS_H

#include "load/snapshot.h"
#include "model/series.h"

struct deltas {
	unsigned char *bytes;
	uint32_t size, capacity;
	uint32_t last; /* snapshot of the last entry + 1; 0: none */
};

/* Bins that one works on. */
struct deltas_bins {
	struct snapshot_bin *list;
	size_t count, capacity;
};

void deltas_push(struct deltas_bins *bins, struct snapshot_bin bin);
/* From `from` generations a bin to `to`: adds narrow ones up. Where that is no multiple nothing
 * is left. */
void deltas_widen(struct deltas_bins *bins, uint64_t from, uint64_t to);

/* Adds what has changed from one snapshot to another; nothing if nothing has. Both have bins of
 * the same width. */
void deltas_add(struct deltas *deltas, uint32_t snapshot, const struct series_state *before,
		const struct series_state *now);

/* Reads the entries back. */
struct deltas_cursor {
	const unsigned char *at, *end;
	uint32_t next; /* snapshot of the next entry; SERIES_NONE: there is none */
	struct series_state state;
	struct deltas_bins bins, spare; /* state.bins is bins.list */
};

/* From before the first snapshot on. The cursor's bins may be those of an earlier use. */
void deltas_rewind(struct deltas_cursor *cursor, const struct deltas *deltas);
void deltas_cursor_free(struct deltas_cursor *cursor);

/* The next entry alone; false: there is none. Not between deltas_step()s: the state is left. */
bool deltas_next_change(struct deltas_cursor *cursor, uint32_t *snapshot,
			struct series_change *change);

void deltas_change(struct deltas_cursor *cursor, uint32_t snapshot, uint64_t width);

/* On to a snapshot with bins of so many generations; to each in order. At most snapshots most
 * sites are as before. */
static inline void deltas_step(struct deltas_cursor *cursor, uint32_t snapshot, uint64_t width)
{
	if (cursor->next == snapshot || cursor->state.width != width)
		deltas_change(cursor, snapshot, width);
}

#endif
