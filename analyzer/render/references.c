/*
 * Sorts and names the pointers of the heap graph by call site: see references.h.
 */
#include "render/references.h"

#include <inttypes.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "model/holders.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "symbolize/symbolize.h"
#include "symbolize/variable.h"
#include "util/mem.h"

uint64_t refs_verdict_bytes(const struct snapshot_verdict *verdict)
{
	uint64_t bytes = 0;

	for (int i = 0; i < SILT_VERDICTS; i++)
		bytes += verdict->bytes[i];
	return bytes;
}

uint64_t refs_verdict_blocks(const struct snapshot_verdict *verdict)
{
	uint64_t blocks = 0;

	for (int i = 0; i < SILT_VERDICTS; i++)
		blocks += verdict->blocks[i];
	return blocks;
}

static int compare_verdicts(const void *a, const void *b)
{
	const struct snapshot_verdict *x = *(const struct snapshot_verdict *const *)a,
				      *y = *(const struct snapshot_verdict *const *)b;
	uint64_t i = refs_verdict_bytes(x), j = refs_verdict_bytes(y);

	if (i != j)
		return i < j ? 1 : -1;
	return x->site < y->site ? -1 : x->site > y->site;
}

const struct snapshot_verdict **refs_choose(const struct refs *view, size_t *count)
{
	const struct snapshot_verdict **list =
		mem_zeroed(view->graph->verdict_count, sizeof(struct snapshot_verdict *));

	*count = 0;
	for (uint64_t i = 0; i < view->graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &view->graph->verdicts[i];
		const struct profile_site *site = &view->profile->sites[verdict->site];

		if (filter_keeps(&view->options->filters, site) &&
		    (!view->sites->count || filter_keeps(view->sites, site)))
			list[(*count)++] = verdict;
	}
	if (*count)
		qsort(list, *count, sizeof(struct snapshot_verdict *), compare_verdicts);
	return list;
}

/* -- edges by site -- */

static uint32_t key_of(const struct snapshot_edge *edge, bool to)
{
	return !to ? edge->target : edge->from_root ? UINT32_MAX : edge->source;
}

static int compare_keys(uint32_t x, uint32_t y, const struct snapshot_edge *a,
			const struct snapshot_edge *b)
{
	if (x != y)
		return x < y ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a < b ? -1 : a > b;
}

static int compare_from(const void *a, const void *b)
{
	const struct snapshot_edge *x = *(const struct snapshot_edge *const *)a,
				   *y = *(const struct snapshot_edge *const *)b;

	return compare_keys(key_of(x, false), key_of(y, false), x, y);
}

static int compare_to(const void *a, const void *b)
{
	const struct snapshot_edge *x = *(const struct snapshot_edge *const *)a,
				   *y = *(const struct snapshot_edge *const *)b;

	return compare_keys(key_of(x, true), key_of(y, true), x, y);
}

static const struct snapshot_edge **sort_edges(const struct snapshot_graph *graph,
					       int (*compare)(const void *, const void *))
{
	const struct snapshot_edge **list =
		mem_zeroed(graph->edge_count, sizeof(struct snapshot_edge *));

	for (uint64_t i = 0; i < graph->edge_count; i++)
		list[i] = &graph->edges[i];
	if (graph->edge_count)
		qsort(list, graph->edge_count, sizeof(struct snapshot_edge *), compare);
	return list;
}

const struct snapshot_edge **refs_edges_of(const struct refs *view, uint32_t site, bool to,
					   size_t *count)
{
	const struct snapshot_edge **list = to ? view->to : view->from;
	size_t low = 0, high = view->graph->edge_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (key_of(list[middle], to) < site)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0;
	     low + *count < view->graph->edge_count && key_of(list[low + *count], to) == site;)
		(*count)++;
	return list + low;
}

/* -- names -- */

static const struct symbol_module *module_of(const struct refs *view, uint32_t module)
{
	return module == SNAPSHOT_NO_MODULE ? NULL : view->profile->modules[module];
}

const char *refs_code_name(const struct refs *view, const struct snapshot_code *code)
{
	const struct variable *variable;
	const struct frame *frames;

	if (code->module == SNAPSHOT_NO_MODULE)
		return NULL;
	if (code->table) {
		variable = symbolizer_variable(view->symbolizer, module_of(view, code->module),
					       code->address, false);
		return variable ? variable->name : NULL;
	}
	symbolizer_frames(view->symbolizer, module_of(view, code->module), code->address, true,
			  &frames);
	return frames[0].function;
}

char *refs_root_name(const struct refs *view, uint32_t number)
{
	const struct snapshot_root *root = &view->graph->roots[number];
	const struct variable *variable = NULL;
	const struct frame *frames;

	if (root->module != SNAPSHOT_NO_MODULE)
		variable = symbolizer_variable(view->symbolizer, module_of(view, root->module),
					       root->address, root->kind == SILT_ROOT_TLS);
	if (variable)
		return mem_string(variable->name);
	if (root->kind == SILT_ROOT_STACK && root->pc != UINT32_MAX) {
		const struct snapshot_pc *pc = &view->profile->snapshot->pcs[root->pc];

		symbolizer_frames(view->symbolizer, module_of(view, pc->module), pc->address,
				  pc->exact, &frames);
		if (frames[0].function)
			return mem_format("stack of %s", frames[0].function);
	}
	return mem_format("%s 0x%" PRIx64, holders_root_name(root->kind), root->address);
}

void refs_open(struct refs *refs, struct profile_context *context, const struct profile *profile,
	       const struct options *options, const struct filter_list *sites)
{
	const struct snapshot_graph *graph = &profile->snapshot->graph;

	*refs = (struct refs){.profile = profile,
			      .graph = graph,
			      .symbolizer = profile_context_symbolizer(context),
			      .options = options,
			      .sites = sites,
			      .from = sort_edges(graph, compare_from),
			      .to = sort_edges(graph, compare_to)};
}

void refs_close(struct refs *refs)
{
	free(refs->from);
	free(refs->to);
}
