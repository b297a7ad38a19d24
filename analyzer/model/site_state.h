/*
 * The state of a call site as one snapshot has it: counters, surviving blocks by generation of
 * birth, and what the heap graph shows.
 * Must not: know other snapshots.
 */
#ifndef SILT_MODEL_SITE_STATE_H
#define SILT_MODEL_SITE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/series.h"

struct deltas_bins;
struct site_view;
struct snapshot;

/* Returns a site's state, without its graph and the width of its bins; the bins are those of
 * `snapshot`, or of `room` if the site has several records. */
struct series_state site_state_at(const struct snapshot *snapshot, const struct site_view *view,
				  uint32_t site, struct deltas_bins *room);
/* Merges bins of `from` generations into bins of `to` generations, in `room`. */
void site_state_widen(struct series_state *state, struct deltas_bins *room, uint64_t from,
		      uint64_t to);
/* Returns true if the snapshot has a heap graph. */
bool site_state_has_graph(const struct snapshot *snapshot);
/* Returns, by site, what the heap graph of a snapshot shows; the caller frees the array. */
struct series_tally *site_state_tallies(const struct snapshot *snapshot,
					const struct site_view *view, size_t site_count);

#endif
