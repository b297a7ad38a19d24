/*
 * Reads the sections about the blocks of each site in the heap graph: see graph.h.
 * Must not: trust a number in the file.
 */
#include "load/graph_inside.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "load/reader.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

bool graph_read_verdicts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_VERDICTS, 16 + SILT_DEGREES, &v))
		return false;
	graph->verdict_count = reader->sections[SILT_SECTION_VERDICTS]->count;
	graph->verdicts = mem_zeroed(graph->verdict_count, sizeof *graph->verdicts);
	for (; v.record < graph->verdict_count && !v.bad; v.record++) {
		struct snapshot_verdict *verdict = &graph->verdicts[v.record];

		verdict->site = graph_site(&v);
		for (int i = 0; i < SILT_VERDICTS; i++) {
			verdict->blocks[i] = reader_next(&v);
			verdict->bytes[i] = reader_next(&v);
		}
		verdict->old_blocks = reader_next(&v);
		verdict->old_bytes = reader_next(&v);
		verdict->through_blocks = reader_next(&v);
		verdict->through_bytes = reader_next(&v);
		verdict->interior = reader_next(&v);
		for (int i = 0; i < SILT_DEGREES; i++)
			verdict->degrees[i] = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_fills(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_FILL])
		return true;
	if (!reader_open(reader, SILT_SECTION_FILL, 4, &v))
		return false;
	graph->has_fill = true;
	graph->fill_count = reader->sections[SILT_SECTION_FILL]->count;
	graph->fills = mem_zeroed(graph->fill_count, sizeof *graph->fills);
	for (; v.record < graph->fill_count && !v.bad; v.record++) {
		struct snapshot_fill *fill = &graph->fills[v.record];

		fill->site = graph_site(&v);
		fill->blocks = reader_next(&v);
		fill->bytes = reader_next(&v);
		fill->used = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_pins(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_PINS])
		return true;
	if (!reader_open(reader, SILT_SECTION_PINS, 3, &v))
		return false;
	graph->pin_count = reader->sections[SILT_SECTION_PINS]->count;
	graph->pins = mem_zeroed(graph->pin_count, sizeof *graph->pins);
	for (; v.record < graph->pin_count && !v.bad; v.record++) {
		graph->pins[v.record].site = graph_site(&v);
		graph->pins[v.record].blocks = reader_next(&v);
		graph->pins[v.record].bytes = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_codes(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_CODE, 6, &v))
		return false;
	graph->code_count = reader->sections[SILT_SECTION_CODE]->count;
	graph->codes = mem_zeroed(graph->code_count, sizeof *graph->codes);
	for (; v.record < graph->code_count && !v.bad; v.record++) {
		struct snapshot_code *code = &graph->codes[v.record];

		code->site = graph_site(&v);
		code->offset = reader_next(&v);
		code->table = reader_next(&v) != 0;
		code->module =
			graph_below_or_none(&v, reader->snapshot->module_count, "no such module");
		code->address = reader_next(&v);
		code->count = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_refcounts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_REFCOUNTS, 6 + 2 * SILT_REFERENCES, &v))
		return false;
	graph->refcount_count = reader->sections[SILT_SECTION_REFCOUNTS]->count;
	graph->refcounts = mem_zeroed(graph->refcount_count, sizeof *graph->refcounts);
	for (; v.record < graph->refcount_count && !v.bad; v.record++) {
		struct snapshot_refcount *refcount = &graph->refcounts[v.record];

		refcount->site = graph_site(&v);
		refcount->offset = reader_next(&v);
		refcount->equal = reader_next(&v);
		refcount->above = reader_next(&v);
		refcount->below = reader_next(&v);
		refcount->excess = reader_next(&v);
		for (int i = 0; i < SILT_REFERENCES; i++)
			refcount->compared[i] = reader_next(&v);
		for (int i = 0; i < SILT_REFERENCES; i++)
			refcount->equal_at[i] = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_counts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_COUNTS])
		return true;
	if (!reader_open(reader, SILT_SECTION_COUNTS, 2 + SILT_REFERENCES * SILT_COUNTED, &v))
		return false;
	graph->count_count = reader->sections[SILT_SECTION_COUNTS]->count;
	graph->counts = mem_zeroed(graph->count_count, sizeof *graph->counts);
	for (; v.record < graph->count_count && !v.bad; v.record++) {
		struct snapshot_count *count = &graph->counts[v.record];

		count->site = graph_site(&v);
		count->offset = reader_next(&v);
		for (int degree = 0; degree < SILT_REFERENCES; degree++)
			for (int value = 0; value < SILT_COUNTED; value++)
				count->seen[degree][value] = reader_next(&v);
	}
	return reader_close(&v);
}
