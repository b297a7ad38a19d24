/*
 * Prints the unreachable blocks by call site, and the cycles among them: see lost_view.h.
 */
#include "render/lost_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "render/json.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/words.h"

struct row {
	const struct profile_site *site;
	const struct snapshot_verdict *verdict;
	/* enum silt_verdict */
	uint32_t kind;
	uint64_t bytes, blocks;
};

struct rows {
	struct row *list;
	size_t count, capacity;
};

static const char *kind_name(uint32_t kind)
{
	return kind == SILT_LOST_DIRECT ? "direct" : kind == SILT_LOST_CYCLE ? "cycle" : "indirect";
}

static int kind_order(uint32_t kind)
{
	return kind == SILT_LOST_DIRECT ? 0 : kind == SILT_LOST_CYCLE ? 1 : 2;
}

/* Sorts blocks lost directly and cycles before the blocks that hang from them; then by bytes. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	bool x_hangs = x->kind == SILT_LOST_INDIRECT, y_hangs = y->kind == SILT_LOST_INDIRECT;

	if (x_hangs != y_hangs)
		return x_hangs ? 1 : -1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->blocks != y->blocks)
		return x->blocks < y->blocks ? 1 : -1;
	if (x->kind != y->kind)
		return kind_order(x->kind) - kind_order(y->kind);
	return x->site < y->site ? -1 : x->site > y->site;
}

static struct rows gather(const struct profile *profile, const struct filter_list *filters)
{
	const struct snapshot_graph *graph = &profile->snapshot->graph;
	static const uint32_t kinds[] = {SILT_LOST_DIRECT, SILT_LOST_CYCLE, SILT_LOST_INDIRECT};
	struct rows rows = {0};

	for (uint64_t i = 0; i < graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &graph->verdicts[i];
		const struct profile_site *site = &profile->sites[verdict->site];

		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
			if (!verdict->blocks[kinds[k]] || !filter_keeps(filters, site))
				continue;
			MEM_GROW(rows.list, rows.count, rows.capacity);
			rows.list[rows.count++] =
				(struct row){site, verdict, kinds[k], verdict->bytes[kinds[k]],
					     verdict->blocks[kinds[k]]};
		}
	}
	if (rows.count)
		qsort(rows.list, rows.count, sizeof *rows.list, compare_rows);
	return rows;
}

static uint64_t total(const struct rows *rows, uint32_t kind, bool blocks)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (rows->list[i].kind == kind)
			sum += blocks ? rows->list[i].blocks : rows->list[i].bytes;
	return sum;
}

static void json_totals(struct json *json, const struct rows *rows)
{
	json_object(json, "totals");
	json_unsigned(json, "direct_bytes", total(rows, SILT_LOST_DIRECT, false));
	json_unsigned(json, "direct_blocks", total(rows, SILT_LOST_DIRECT, true));
	json_unsigned(json, "indirect_bytes", total(rows, SILT_LOST_INDIRECT, false));
	json_unsigned(json, "indirect_blocks", total(rows, SILT_LOST_INDIRECT, true));
	json_unsigned(json, "cycle_bytes", total(rows, SILT_LOST_CYCLE, false));
	json_unsigned(json, "cycle_blocks", total(rows, SILT_LOST_CYCLE, true));
	json_end_object(json);
}

static void print_json(const struct profile *profile, const struct rows *rows, uint64_t limit)
{
	const struct snapshot_graph *graph = &profile->snapshot->graph;
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.lost/1");
	record_snapshot(&json, "snapshot", profile->snapshot);
	record_graph(&json, &graph->summary);
	json_totals(&json, rows);
	json_array(&json, "sites");
	for (size_t i = 0; i < rows->count && i < limit; i++) {
		const struct row *row = &rows->list[i];
		bool leads = row->kind != SILT_LOST_INDIRECT;

		json_object(&json, NULL);
		json_string(&json, "kind", kind_name(row->kind));
		json_unsigned(&json, "bytes", row->bytes);
		json_unsigned(&json, "blocks", row->blocks);
		json_unsigned(&json, "through_bytes", leads ? row->verdict->through_bytes : 0);
		json_unsigned(&json, "through_blocks", leads ? row->verdict->through_blocks : 0);
		record_traceback(&json, row->site);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_array(&json, "cycles");
	for (uint64_t i = 0; i < graph->component_count; i++) {
		json_object(&json, NULL);
		json_unsigned(&json, "cycles", graph->components[i].components);
		json_unsigned(&json, "bytes", graph->components[i].bytes);
		json_unsigned(&json, "blocks", graph->components[i].blocks);
		record_triples(&json, "edges", profile, &graph->components[i]);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static void print_row(const struct row *row, const struct options *options)
{
	char size[SIZE_TEXT], through[SIZE_TEXT];

	text_site(row->site);
	printf(": %s, size=%s, count=%" PRIu64,
	       row->kind == SILT_LOST_DIRECT  ? "lost"
	       : row->kind == SILT_LOST_CYCLE ? "lost in a cycle"
					      : "lost through another block",
	       size_format(size, (double)row->bytes, false), row->blocks);
	if (row->kind != SILT_LOST_INDIRECT && row->verdict->through_blocks)
		printf(", and through it size=%s, count=%" PRIu64,
		       size_format(through, (double)row->verdict->through_bytes, false),
		       row->verdict->through_blocks);
	putchar('\n');
	if (options->traceback)
		text_traceback(row->site, options->traceback);
}

static void print_cycle(const struct profile *profile, const struct snapshot_component *component)
{
	char size[SIZE_TEXT];

	printf("%" PRIu64 " cycle%s of this shape, size=%s, count=%" PRIu64 ":\n",
	       component->components, component->components == 1 ? "" : "s",
	       size_format(size, (double)component->bytes, false), component->blocks);
	for (uint64_t i = 0; i < component->triple_count; i++) {
		const struct snapshot_triple *triple =
			&profile->snapshot->graph.triples[component->first_triple + i];

		fputs("  ", stdout);
		text_site(&profile->sites[triple->from]);
		printf(" +%" PRIu64 " -> ", triple->offset);
		text_site(&profile->sites[triple->to]);
		putchar('\n');
	}
}

static void print_total(const char *what, const struct rows *rows, uint32_t kind)
{
	char size[SIZE_TEXT];

	printf("%s %s in %" PRIu64 " block%s", what,
	       size_format(size, (double)total(rows, kind, false), false), total(rows, kind, true),
	       words_s(total(rows, kind, true)));
}

static void print_text(const struct profile *profile, const struct rows *rows,
		       const struct options *options)
{
	const struct snapshot_graph *graph = &profile->snapshot->graph;
	size_t shown = rows->count < options->limit ? rows->count : options->limit;

	text_snapshot("", profile->snapshot);
	text_graph(&graph->summary);
	print_total("  lost directly", rows, SILT_LOST_DIRECT);
	print_total(", in cycles", rows, SILT_LOST_CYCLE);
	print_total(", through these", rows, SILT_LOST_INDIRECT);
	putchar('\n');
	if (!rows->count && options->filters.count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++)
		print_row(&rows->list[i], options);
	if (shown < rows->count)
		printf("%zu more; --limit 0 shows all\n", rows->count - shown);
	for (uint64_t i = 0; i < graph->component_count && i < options->limit; i++)
		print_cycle(profile, &graph->components[i]);
}

void lost_view_print(const struct profile *profile, const struct options *options)
{
	struct rows rows = gather(profile, &options->filters);

	if (options->json)
		print_json(profile, &rows, options->limit);
	else
		print_text(profile, &rows, options);
	free(rows.list);
}
