/* The state of a call site as one snapshot has it: see site_state.h. */
#include "model/site_state.h"

#include "load/snapshot.h"
#include "model/deltas.h"
#include "model/site_numbers.h"
#include "silt_snapshot.h"
#include "util/mem.h"

static void add_verdict(struct series_tally *tally, const struct snapshot_verdict *verdict)
{
	for (int i = 0; i < SILT_VERDICTS; i++) {
		bool lost =
			i == SILT_LOST_DIRECT || i == SILT_LOST_INDIRECT || i == SILT_LOST_CYCLE;

		tally->blocks += verdict->blocks[i];
		tally->bytes += verdict->bytes[i];
		tally->lost_blocks += lost ? verdict->blocks[i] : 0;
		tally->lost_bytes += lost ? verdict->bytes[i] : 0;
	}
	tally->old_blocks += verdict->old_blocks;
	tally->old_bytes += verdict->old_bytes;
}

bool site_state_has_graph(const struct snapshot *snapshot)
{
	return snapshot->graph.summary.status == SILT_GRAPH_DONE;
}

static void add_bins(struct deltas_bins *bins, const struct snapshot *snapshot, uint32_t record)
{
	const struct snapshot_site *site = &snapshot->sites[record];

	for (uint32_t i = 0; i < site->bin_count; i++)
		deltas_push(bins, snapshot->bins[site->first_bin + i]);
}

struct series_state site_state_at(const struct snapshot *snapshot, const struct site_view *view,
				  uint32_t site, struct deltas_bins *room)
{
	uint32_t first = site_view_record(view, site);
	struct series_state state = {.present = first != SITE_NUMBERS_NONE};

	room->count = 0;
	for (uint32_t record = first; record != SITE_NUMBERS_NONE; record = view->same[record]) {
		const struct snapshot_site *counters = &snapshot->sites[record];

		state.point.blocks += snapshot_live_blocks(counters);
		state.point.bytes += snapshot_live_bytes(counters);
		state.point.total_blocks += counters->total_blocks;
		if (first != record || view->same[record] != SITE_NUMBERS_NONE)
			add_bins(room, snapshot, record);
		state.bins = counters->bin_count ? snapshot->bins + counters->first_bin : NULL;
		state.bin_count = counters->bin_count;
	}
	if (room->count) {
		room->count = deltas_join(room->list, room->count);
		state.bins = room->list;
		state.bin_count = room->count;
	}
	return state;
}

void site_state_widen(struct series_state *state, struct deltas_bins *room, uint64_t from,
		      uint64_t to)
{
	if (from == to)
		return;
	if (state->bins != room->list) {
		room->count = 0;
		for (size_t i = 0; i < state->bin_count; i++)
			deltas_push(room, state->bins[i]);
	}
	deltas_widen(room, from, to);
	state->bins = room->list;
	state->bin_count = room->count;
}

struct series_tally *site_state_tallies(const struct snapshot *snapshot,
					const struct site_view *view, size_t site_count)
{
	struct series_tally *tallies = mem_zeroed(site_count + 1, sizeof *tallies);
	const struct snapshot_graph *graph = &snapshot->graph;

	for (uint64_t i = 0; i < graph->verdict_count; i++)
		add_verdict(&tallies[view->site_of[graph->verdicts[i].site]], &graph->verdicts[i]);
	for (uint64_t i = 0; i < graph->fill_count; i++)
		tallies[view->site_of[graph->fills[i].site]].used += graph->fills[i].used;
	return tallies;
}
