/*
 * Prints who points to the blocks of a site and what they point to, as text and JSON: see
 * references.h.
 */
#include "render/references.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "model/holders.h"
#include "model/profile.h"
#include "render/choices.h"
#include "render/json.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "silt_snapshot.h"
#include "util/size.h"
#include "util/utf8.h"

static const char *const degree_names[SILT_DEGREES] = {"0",   "1",    "2",	"3",
						       "4-7", "8-15", "16-254", "255+"};

/* -- JSON -- */

static void json_edge(struct json *json, const struct refs *view, const struct snapshot_edge *edge,
		      bool to)
{
	char *name;

	json_object(json, NULL);
	if (to) {
		record_site(json, "site", &view->profile->sites[edge->target]);
	} else if (edge->from_root) {
		name = refs_root_name(view, edge->source);
		json_string(json, "root", holders_root_name(view->graph->roots[edge->source].kind));
		json_string(json, "holder", name);
		free(name);
	} else {
		record_site(json, "site", &view->profile->sites[edge->source]);
	}
	json_unsigned(json, "offset", edge->offset);
	json_unsigned(json, "stride", edge->stride);
	json_unsigned(json, "span", edge->span);
	json_unsigned(json, "target_offset", edge->target_offset);
	json_unsigned(json, "count", edge->count);
	json_unsigned(json, "lost", edge->lost);
	json_unsigned(json, "interior", edge->interior);
	json_end_object(json);
}

static void json_edges(struct json *json, const struct refs *view, uint32_t site, bool to)
{
	size_t count;
	const struct snapshot_edge **edges = refs_edges_of(view, site, to, &count);

	json_array(json, to ? "to" : "from");
	for (size_t i = 0; i < count; i++)
		json_edge(json, view, edges[i], to);
	json_end_array(json);
}

static void json_words(struct json *json, const struct refs *view, uint32_t site)
{
	json_array(json, "code");
	for (uint64_t i = 0; i < view->graph->code_count; i++) {
		const struct snapshot_code *code = &view->graph->codes[i];

		if (code->site != site)
			continue;
		json_object(json, NULL);
		json_unsigned(json, "offset", code->offset);
		json_bool(json, "table", code->table);
		json_string(json, "name", refs_code_name(view, code));
		json_unsigned(json, "address", code->address);
		json_unsigned(json, "count", code->count);
		json_end_object(json);
	}
	json_end_array(json);
	json_array(json, "reference_counts");
	for (uint64_t i = 0; i < view->graph->refcount_count; i++) {
		const struct snapshot_refcount *refcount = &view->graph->refcounts[i];

		if (refcount->site != site)
			continue;
		json_object(json, NULL);
		json_unsigned(json, "offset", refcount->offset);
		json_unsigned(json, "equal", refcount->equal);
		json_unsigned(json, "above", refcount->above);
		json_unsigned(json, "below", refcount->below);
		json_unsigned(json, "excess", refcount->excess);
		json_end_object(json);
	}
	json_end_array(json);
}

static void print_json(const struct refs *view, const struct snapshot_verdict *const *chosen,
		       size_t count)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.refs/1");
	record_snapshot(&json, "snapshot", view->profile->snapshot);
	record_graph(&json, &view->graph->summary);
	json_array(&json, "sites");
	for (size_t i = 0; i < count && i < view->options->limit; i++) {
		json_object(&json, NULL);
		json_unsigned(&json, "bytes", refs_verdict_bytes(chosen[i]));
		json_unsigned(&json, "blocks", refs_verdict_blocks(chosen[i]));
		json_object(&json, "pointers");
		for (int d = 0; d < SILT_DEGREES; d++)
			json_unsigned(&json, degree_names[d], chosen[i]->degrees[d]);
		json_end_object(&json);
		json_unsigned(&json, "interior_only", chosen[i]->interior);
		json_edges(&json, view, chosen[i]->site, false);
		json_edges(&json, view, chosen[i]->site, true);
		json_words(&json, view, chosen[i]->site);
		record_traceback(&json, &view->profile->sites[chosen[i]->site]);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

/* -- text -- */

static void print_place(const struct snapshot_edge *edge)
{
	printf(" +%" PRIu64, edge->offset);
	if (edge->stride)
		printf("[%" PRIu64 "]", edge->span / edge->stride + 1);
}

static void print_edge(const struct refs *view, const struct snapshot_edge *edge, bool to)
{
	char *name;

	fputs(to ? "  to   " : "  from ", stdout);
	if (to) {
		print_place(edge);
		fputs(" -> ", stdout);
		text_site(&view->profile->sites[edge->target]);
	} else if (edge->from_root) {
		const char *kind = holders_root_name(view->graph->roots[edge->source].kind);

		name = refs_root_name(view, edge->source);
		/* "stack of main" names the kind already */
		if (strncmp(name, kind, strlen(kind)) != 0)
			printf("%s ", kind);
		utf8_print(stdout, name);
		print_place(edge);
		free(name);
	} else {
		text_site(&view->profile->sites[edge->source]);
		print_place(edge);
	}
	if (edge->target_offset)
		printf(", to byte %" PRIu64, edge->target_offset);
	printf(": count=%" PRIu64, edge->count);
	if (edge->lost)
		printf(", %" PRIu64 " of them lost", edge->lost);
	putchar('\n');
}

#define TEXT_EDGES 10 /* edges shown in each direction, those with most pointers */

static void print_edges(const struct refs *view, uint32_t site, bool to)
{
	size_t count;
	const struct snapshot_edge **edges = refs_edges_of(view, site, to, &count);

	for (size_t i = 0; i < count && i < TEXT_EDGES; i++)
		print_edge(view, edges[i], to);
	if (count > TEXT_EDGES)
		printf("  ... and %zu more\n", count - TEXT_EDGES);
}

static void print_words(const struct refs *view, uint32_t site)
{
	for (uint64_t i = 0; i < view->graph->code_count; i++) {
		const struct snapshot_code *code = &view->graph->codes[i];
		const char *name = refs_code_name(view, code);

		if (code->site != site)
			continue;
		printf("  %s +%" PRIu64 " ", code->table ? "table of functions" : "function",
		       code->offset);
		if (name)
			utf8_print(stdout, name);
		else
			printf("0x%" PRIx64, code->address);
		printf(": count=%" PRIu64 "\n", code->count);
	}
	for (uint64_t i = 0; i < view->graph->refcount_count; i++) {
		const struct snapshot_refcount *refcount = &view->graph->refcounts[i];

		if (refcount->site == site && refcount->equal > refcount->above)
			printf("  possible reference count at +%" PRIu64
			       ": equal to the references found in %" PRIu64
			       " blocks, above in %" PRIu64 ", below in %" PRIu64 "\n",
			       refcount->offset, refcount->equal, refcount->above, refcount->below);
	}
}

static void print_site(const struct refs *view, const struct snapshot_verdict *verdict)
{
	const struct profile_site *site = &view->profile->sites[verdict->site];
	char size[SIZE_TEXT];

	text_site(site);
	printf(": size=%s, count=%" PRIu64 "; blocks by pointers to them:",
	       size_format(size, (double)refs_verdict_bytes(verdict), false),
	       refs_verdict_blocks(verdict));
	for (int d = 0; d < SILT_DEGREES; d++)
		if (verdict->degrees[d])
			printf(" %s: %" PRIu64, degree_names[d], verdict->degrees[d]);
	putchar('\n');
	if (view->options->traceback)
		text_traceback(site, view->options->traceback);
	print_edges(view, verdict->site, false);
	print_edges(view, verdict->site, true);
	print_words(view, verdict->site);
}

static void print_text(const struct refs *view, const struct snapshot_verdict *const *chosen,
		       size_t count)
{
	size_t shown = count < view->options->limit ? count : view->options->limit;

	text_snapshot("", view->profile->snapshot);
	text_graph(&view->graph->summary);
	if (!count)
		notes_print_nothing(&view->options->filters, view->sites->count ? "--site" : NULL);
	for (size_t i = 0; i < shown; i++)
		print_site(view, chosen[i]);
	if (shown < count)
		printf("%zu more; --limit 0 shows all\n", count - shown);
}

void refs_view_print(struct profile_context *context, const struct profile *profile,
		     const struct options *options, const struct filter_list *sites)
{
	struct refs refs;
	size_t count;
	const struct snapshot_verdict **chosen;

	refs_open(&refs, context, profile, options, sites);
	chosen = refs_choose(&refs, &count);
	if (options->json)
		print_json(&refs, chosen, count);
	else
		print_text(&refs, chosen, count);
	free(chosen);
	refs_close(&refs);
}
