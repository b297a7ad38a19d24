/*
 * silt refs: who points to the blocks of a site and to whom they point (CPython's gc.get_referrers, gc.get_referents and
 * sys.getrefcount for C).
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "model/holders.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt refs [options] SNAP|RUN\n"
	"\n"
	"Shows for each call site which pointers lead to its blocks, which lead from them, and which words "
	"in\n"
	"them are functions or counts of references; of a run: in its last snapshot with a heap graph.\n"
	"\n";

static const char more_help[] = "      --site FILE:LINE only blocks that were allocated there (also: a glob, "
				"as --include takes it)\n";

enum { OPT_SITE = OPTIONS_FORMAT + 1 };

static const char *const degree_names[SILT_DEGREES] = {"0", "1", "2", "3", "4-7", "8-15", "16-254", "255+"};

struct view {
	const struct profile *profile;
	const struct snapshot_graph *graph;
	struct symbolizer *symbolizer;
	const struct options *options;
	const struct filter_list *sites;	 /* --site */
	const struct snapshot_edge **from, **to; /* edges by target; by source, those of roots last */
};

static int take(void *argument, int option, const char *value)
{
	if (option == OPT_SITE) {
		filter_add(argument, value, true);
		return -1;
	}
	return option == OPTIONS_FORMAT ? -1 : 2;
}

static uint64_t verdict_bytes(const struct snapshot_verdict *verdict)
{
	uint64_t bytes = 0;

	for (int i = 0; i < SILT_VERDICTS; i++)
		bytes += verdict->bytes[i];
	return bytes;
}

static uint64_t verdict_blocks(const struct snapshot_verdict *verdict)
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
	uint64_t i = verdict_bytes(x), j = verdict_bytes(y);

	if (i != j)
		return i < j ? 1 : -1;
	return x->site < y->site ? -1 : x->site > y->site;
}

/* The sites shown, by live bytes. */
static const struct snapshot_verdict **choose(const struct view *view, const struct filter_list *sites,
					      size_t *count)
{
	const struct snapshot_verdict **list =
		mem_zeroed(view->graph->verdict_count, sizeof(struct snapshot_verdict *));

	*count = 0;
	for (uint64_t i = 0; i < view->graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &view->graph->verdicts[i];
		const struct profile_site *site = &view->profile->sites[verdict->site];

		if (filter_keeps(&view->options->filters, site) &&
		    (!sites->count || filter_keeps(sites, site)))
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

static int compare_keys(uint32_t x, uint32_t y, const struct snapshot_edge *a, const struct snapshot_edge *b)
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
	const struct snapshot_edge **list = mem_zeroed(graph->edge_count, sizeof(struct snapshot_edge *));

	for (uint64_t i = 0; i < graph->edge_count; i++)
		list[i] = &graph->edges[i];
	if (graph->edge_count)
		qsort(list, graph->edge_count, sizeof(struct snapshot_edge *), compare);
	return list;
}

/* The edges to (or from) a site, most pointers first: the first of them, and how many. */
static const struct snapshot_edge **edges_of(const struct view *view, uint32_t site, bool to, size_t *count)
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
	for (*count = 0; low + *count < view->graph->edge_count && key_of(list[low + *count], to) == site;)
		(*count)++;
	return list + low;
}

/* -- names -- */

static const struct symbol_module *module_of(const struct view *view, uint32_t module)
{
	return module == SNAPSHOT_NO_MODULE ? NULL : view->profile->modules[module];
}

/* The function, or the table of functions, that a word leads to; NULL: unknown. */
static const char *code_name(const struct view *view, const struct snapshot_code *code)
{
	const struct variable *variable;
	const struct frame *frames;

	if (code->module == SNAPSHOT_NO_MODULE)
		return NULL;
	if (code->table) {
		variable = symbolizer_variable(view->symbolizer, module_of(view, code->module), code->address,
					       false);
		return variable ? variable->name : NULL;
	}
	symbolizer_frames(view->symbolizer, module_of(view, code->module), code->address, true, &frames);
	return frames[0].function;
}

static char *root_name(const struct view *view, uint32_t number)
{
	const struct snapshot_root *root = &view->graph->roots[number];
	const struct variable *variable = NULL;
	const struct frame *frames;

	if (root->module != SNAPSHOT_NO_MODULE)
		variable = symbolizer_variable(view->symbolizer, module_of(view, root->module), root->address,
					       root->kind == SILT_ROOT_TLS);
	if (variable)
		return mem_string(variable->name);
	if (root->kind == SILT_ROOT_STACK && root->pc != UINT32_MAX) {
		const struct snapshot_pc *pc = &view->profile->snapshot->pcs[root->pc];

		symbolizer_frames(view->symbolizer, module_of(view, pc->module), pc->address, pc->exact,
				  &frames);
		if (frames[0].function)
			return mem_format("stack of %s", frames[0].function);
	}
	return mem_format("%s 0x%" PRIx64, holders_root_name(root->kind), root->address);
}

/* -- JSON -- */

static void json_edge(struct json *json, const struct view *view, const struct snapshot_edge *edge, bool to)
{
	char *name;

	json_object(json, NULL);
	if (to) {
		record_site(json, "site", &view->profile->sites[edge->target]);
	} else if (edge->from_root) {
		name = root_name(view, edge->source);
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

static void json_edges(struct json *json, const struct view *view, uint32_t site, bool to)
{
	size_t count;
	const struct snapshot_edge **edges = edges_of(view, site, to, &count);

	json_array(json, to ? "to" : "from");
	for (size_t i = 0; i < count; i++)
		json_edge(json, view, edges[i], to);
	json_end_array(json);
}

static void json_words(struct json *json, const struct view *view, uint32_t site)
{
	json_array(json, "code");
	for (uint64_t i = 0; i < view->graph->code_count; i++) {
		const struct snapshot_code *code = &view->graph->codes[i];

		if (code->site != site)
			continue;
		json_object(json, NULL);
		json_unsigned(json, "offset", code->offset);
		json_bool(json, "table", code->table);
		json_string(json, "name", code_name(view, code));
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

static void print_json(const struct view *view, const struct snapshot_verdict *const *chosen, size_t count)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.refs/1");
	record_snapshot(&json, "snapshot", view->profile->snapshot);
	record_graph(&json, &view->graph->summary);
	json_array(&json, "sites");
	for (size_t i = 0; i < count && i < view->options->limit; i++) {
		json_object(&json, NULL);
		json_unsigned(&json, "bytes", verdict_bytes(chosen[i]));
		json_unsigned(&json, "blocks", verdict_blocks(chosen[i]));
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

static void print_edge(const struct view *view, const struct snapshot_edge *edge, bool to)
{
	char *name;

	fputs(to ? "  to   " : "  from ", stdout);
	if (to) {
		print_place(edge);
		fputs(" -> ", stdout);
		text_site(&view->profile->sites[edge->target]);
	} else if (edge->from_root) {
		const char *kind = holders_root_name(view->graph->roots[edge->source].kind);

		name = root_name(view, edge->source);
		if (strncmp(name, kind, strlen(kind)) != 0) /* "stack of main" says it already */
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

#define TEXT_EDGES 10 /* each way, most first */

static void print_edges(const struct view *view, uint32_t site, bool to)
{
	size_t count;
	const struct snapshot_edge **edges = edges_of(view, site, to, &count);

	for (size_t i = 0; i < count && i < TEXT_EDGES; i++)
		print_edge(view, edges[i], to);
	if (count > TEXT_EDGES)
		printf("  ... and %zu more\n", count - TEXT_EDGES);
}

static void print_words(const struct view *view, uint32_t site)
{
	for (uint64_t i = 0; i < view->graph->code_count; i++) {
		const struct snapshot_code *code = &view->graph->codes[i];
		const char *name = code_name(view, code);

		if (code->site != site)
			continue;
		printf("  %s +%" PRIu64 " ", code->table ? "table of functions" : "function", code->offset);
		if (name)
			utf8_print(stdout, name);
		else
			printf("0x%" PRIx64, code->address);
		printf(": count=%" PRIu64 "\n", code->count);
	}
	for (uint64_t i = 0; i < view->graph->refcount_count; i++) {
		const struct snapshot_refcount *refcount = &view->graph->refcounts[i];

		if (refcount->site == site && refcount->equal > refcount->above)
			printf("  perhaps a count of references +%" PRIu64
			       ": as many as there are in %" PRIu64 " blocks, more in %" PRIu64
			       ", fewer in %" PRIu64 "\n",
			       refcount->offset, refcount->equal, refcount->above, refcount->below);
	}
}

static void print_site(const struct view *view, const struct snapshot_verdict *verdict)
{
	const struct profile_site *site = &view->profile->sites[verdict->site];
	char size[SIZE_TEXT];

	text_site(site);
	printf(": size=%s, count=%" PRIu64 "; blocks by pointers to them:",
	       size_format(size, (double)verdict_bytes(verdict), false), verdict_blocks(verdict));
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

static void print_text(const struct view *view, const struct snapshot_verdict *const *chosen, size_t count)
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

static void show(const struct input *input, const struct options *options, const struct filter_list *sites)
{
	const struct snapshot_graph *graph = &input->snapshot->graph;
	struct view view = {input->profile,
			    graph,
			    profile_context_symbolizer(input->context),
			    options,
			    sites,
			    sort_edges(graph, compare_from),
			    sort_edges(graph, compare_to)};
	size_t count;
	const struct snapshot_verdict **chosen = choose(&view, sites, &count);

	if (options->json)
		print_json(&view, chosen, count);
	else
		print_text(&view, chosen, count);
	free(chosen);
	free(view.from);
	free(view.to);
}

int refs_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"site", required_argument, NULL, OPT_SITE},
						     {NULL, 0, NULL, 0}};
	struct filter_list sites = {0};
	struct options_more more = {more_options, more_help, take, &sites};
	struct options options;
	struct input input;
	int status = options_read_more(&options, usage, argc, argv, &more);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &options, usage, argv, true)) {
			show(&input, &options, &sites);
			input_close(&input);
			status = 0;
		}
	}
	filter_free(&sites);
	options_free(&options);
	return status;
}
