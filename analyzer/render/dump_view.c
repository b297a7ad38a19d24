/*
 * Prints every record of a snapshot: see dump_view.h.
 * Must not: symbolize; it shows what is stored.
 */
#include "render/dump_view.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "silt_snapshot.h"
#include "util/utf8.h"

/* the fields of struct silt_process, each 32 or 64 bits wide */
#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct silt_process, name),                                        \
			sizeof(((struct silt_process *)0)->name)                                   \
	}
struct field {
	const char *name;
	size_t offset, size;
};
static const struct field process_fields[] = {
	FIELD(start_unix_ns),
	FIELD(time_unix_ns),
	FIELD(uptime_ns),
	FIELD(sequence),
	FIELD(pid),
	FIELD(ppid),
	FIELD(threads),
	FIELD(sample_bytes),
	FIELD(depth),
	FIELD(allocator),
	FIELD(live_bytes),
	FIELD(live_blocks),
	FIELD(total_bytes),
	FIELD(total_blocks),
	FIELD(freed_bytes),
	FIELD(freed_blocks),
	FIELD(peak_live_bytes),
	FIELD(generation),
	FIELD(generation_width),
	FIELD(rss_bytes),
	FIELD(anonymous_rss_bytes),
	FIELD(peak_rss_bytes),
	FIELD(virtual_bytes),
	FIELD(heap_time_ns),
	FIELD(heap_arena_bytes),
	FIELD(heap_mapped_bytes),
	FIELD(heap_used_bytes),
	FIELD(heap_free_bytes),
	FIELD(heap_free_chunks),
	FIELD(heap_trimmable_bytes),
	FIELD(overhead_bytes),
	FIELD(lost_records),
	FIELD(lost_sites),
	FIELD(lost_snapshots),
	FIELD(lost_errno),
	FIELD(unknown_frees),
	FIELD(tracebacks),
	FIELD(tracebacks_cut),
	FIELD(tracebacks_failed),
	FIELD(tracebacks_guessed),
	FIELD(untraced_modules),
	FIELD(iterations),
	FIELD(memory_limit_bytes),
	FIELD(memory_reached_ns),
	FIELD(machine),
	FIELD(page_size),
	FIELD(end_ns),
	FIELD(end_generation),
	FIELD(end_sequence),
	FIELD(end_cause),
	FIELD(heap_books_bytes),
	FIELD(heap_scanned_bytes),
	FIELD(heap_least_bytes),
	FIELD(heap_most_bytes),
	FIELD(c_libraries),
	FIELD(gaps),
	FIELD(earlier),
	FIELD(earlier_blocks),
	FIELD(earlier_bytes),
	FIELD(threads_at_once),
	FIELD(children_not_recorded),
};

static void string(const char *name, const char *text)
{
	printf("  %s \"", name);
	utf8_print(stdout, text);
	puts("\"");
}

static void fields(const void *record, const struct field *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *place = (const char *)record + list[i].offset;
		uint32_t small;
		uint64_t value;

		if (list[i].size == sizeof small) {
			memcpy(&small, place, sizeof small);
			value = small;
		} else {
			memcpy(&value, place, sizeof value);
		}
		printf("  %s %" PRIu64 "\n", list[i].name, value);
	}
}

static void dump_process(const struct snapshot *snapshot)
{
	const struct silt_process *p = &snapshot->process;

	puts("process");
	string("executable", snapshot->executable);
	string("directory", snapshot->directory);
	string("host", snapshot->host);
	string("version", snapshot->version);
	string("label", snapshot->label);
	printf("  trigger %u (%s)\n", p->trigger, snapshot_trigger_name(p->trigger));
	fields(p, process_fields, sizeof process_fields / sizeof process_fields[0]);
	for (uint64_t i = 0; i < snapshot->argument_count; i++)
		string("argument", snapshot->arguments[i]);
}

static void dump_mappings(const struct snapshot *snapshot)
{
	static const char *const kinds[] = {"?", "heap", "anonymous", "file", "special", "silt"};

	for (uint64_t i = 0; i < snapshot->mapping_count; i++) {
		const struct silt_mapping *record = &snapshot->mappings[i].record;

		printf("mapping %s count %" PRIu32 " size %" PRIu64 " resident %" PRIu64
		       " anonymous %" PRIu64 " ",
		       kinds[record->kind < sizeof kinds / sizeof *kinds ? record->kind : 0],
		       record->count, record->size, record->resident, record->anonymous);
		utf8_print(stdout, snapshot->mappings[i].name);
		putchar('\n');
	}
}

static void dump_modules(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];

		printf("module %" PRIu64 " 0x%" PRIx64 "-0x%" PRIx64 " bias 0x%" PRIx64
		       " text 0x%" PRIx64 "+0x%" PRIx64 " offset 0x%" PRIx64
		       " flags %u seen_ns %" PRIu64 " unloaded_ns %" PRIu64 " build_id ",
		       i, module->start, module->end, module->bias, module->text_start,
		       module->text_size, module->text_offset, module->flags, module->seen_ns,
		       module->unloaded_ns);
		for (uint32_t byte = 0; byte < module->build_id_size; byte++)
			printf("%02x", module->build_id[byte]);
		fputs(module->build_id_size ? " " : "- ", stdout);
		utf8_print(stdout, module->path);
		putchar('\n');
	}
}

static void dump_tracebacks(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->pc_count; i++) {
		printf("pc %" PRIu64 " 0x%" PRIx64 " module ", i, snapshot->pcs[i].address);
		if (snapshot->pcs[i].module == SNAPSHOT_NO_MODULE)
			putchar('-');
		else
			printf("%u", snapshot->pcs[i].module);
		puts(snapshot->pcs[i].exact ? " exact" : "");
	}
	for (uint64_t i = 1; i <= snapshot->node_count; i++)
		printf("node %" PRIu64 " parent %u pc %u\n", i, snapshot->nodes[i].parent,
		       snapshot->nodes[i].pc);
}

static void dump_sites(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *site = &snapshot->sites[i];

		printf("site %" PRIu64 " node %u flags %u depth %" PRIu64 " total %" PRIu64
		       "/%" PRIu64 " freed %" PRIu64 "/%" PRIu64 " peak %" PRIu64
		       " first_ns %" PRIu64 " last_ns %" PRIu64 " size %" PRIu64 "-%" PRIu64,
		       i, site->node, site->flags, site->depth, site->total_blocks,
		       site->total_bytes, site->freed_blocks, site->freed_bytes,
		       site->peak_live_bytes, site->first_ns, site->last_ns, site->min_size,
		       site->max_size);
		if (site->temporary_blocks)
			printf(" temporary %" PRIu64, site->temporary_blocks);
		if (snapshot->process.sample_bytes)
			printf(" sampled %" PRIu64 " live %" PRIu64, site->sampled_blocks,
			       site->sampled_live_blocks);
		for (uint32_t bin = 0; bin < site->bin_count; bin++) {
			const struct snapshot_bin *b = &snapshot->bins[site->first_bin + bin];

			printf(" bin %" PRIu64 ":%" PRIu64 "/%" PRIu64, b->number, b->blocks,
			       b->bytes);
		}
		putchar('\n');
	}
}

static void dump_freed(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->freed_count; i++) {
		const struct snapshot_freed *freed = &snapshot->freed[i];

		printf("freed site %u node %u %s samples %" PRIu64 " weight %" PRIu64 "\n",
		       freed->site, freed->node,
		       freed->how == SILT_FREED_REALLOC ? "realloc" : "free", freed->samples,
		       freed->weight);
	}
}

static void dump_mapped(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->mapped_count; i++) {
		const struct snapshot_mapped *mapped = &snapshot->mapped[i];

		printf("mapped node %u kinds %u total %" PRIu64 "/%" PRIu64 " live %" PRIu64
		       "/%" PRIu64,
		       mapped->node, mapped->kinds, mapped->total, mapped->total_bytes,
		       mapped->live, mapped->live_bytes);
		for (uint64_t u = 0; u < mapped->unmapper_count; u++) {
			const struct snapshot_unmapper *by =
				&snapshot->unmappers[mapped->first_unmapper + u];

			printf(" unmapped by node %u samples %" PRIu64 " weight %" PRIu64, by->node,
			       by->samples, by->weight);
		}
		putchar('\n');
	}
}

#define GRAPH_FIELD(name)                                                                          \
	{                                                                                          \
#name, offsetof(struct silt_graph, name), sizeof(((struct silt_graph *)0)->name)   \
	}
static const struct field graph_fields[] = {
	GRAPH_FIELD(status),	      GRAPH_FIELD(flags),	GRAPH_FIELD(threads),
	GRAPH_FIELD(threads_stopped), GRAPH_FIELD(pause_ns),	GRAPH_FIELD(stop_ns),
	GRAPH_FIELD(scan_ns),	      GRAPH_FIELD(blocks),	GRAPH_FIELD(bytes),
	GRAPH_FIELD(heap_words),      GRAPH_FIELD(root_words),	GRAPH_FIELD(copy_bytes),
	GRAPH_FIELD(limit_ns),	      GRAPH_FIELD(limit_bytes),
};

static void dump_roots(const struct snapshot_graph *graph)
{
	for (uint64_t i = 0; i < graph->thread_count; i++) {
		const struct silt_thread *thread = &graph->threads[i].record;

		printf("thread %" PRIu64 " tid %u flags %u start_module %u start 0x%" PRIx64
		       " syscall %u stack %" PRIu64 "/%" PRIu64,
		       i, thread->tid, thread->flags, thread->start_module, thread->start_address,
		       thread->syscall, thread->stack_used, thread->stack_bytes);
		string("", graph->threads[i].name);
	}
	for (uint64_t i = 0; i < graph->root_count; i++) {
		const struct snapshot_root *root = &graph->roots[i];

		printf("root %" PRIu64 " kind %u module %d thread %d address 0x%" PRIx64
		       " size %" PRIu64 " pc %d flags %u\n",
		       i, root->kind, (int)root->module, (int)root->thread, root->address,
		       root->size, (int)root->pc, root->flags);
	}
	for (uint64_t i = 0; i < graph->holder_count; i++) {
		const struct snapshot_holder *holder = &graph->holders[i];

		printf("holder %" PRIu64 " roots", i);
		for (uint32_t r = 0; r < holder->count; r++)
			printf(" %u", holder->roots[r]);
		printf("%s retains %" PRIu64 "/%" PRIu64 "\n", holder->count ? "" : " many",
		       holder->blocks, holder->bytes);
	}
}

static void dump_edges(const struct snapshot_graph *graph)
{
	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];

		printf("edge %" PRIu64 " %s %u +%" PRIu64 " stride %" PRIu64 " span %" PRIu64
		       " to site %u +%" PRIu64 "%s count %" PRIu64 " lost %" PRIu64
		       " interior %" PRIu64 "\n",
		       i, edge->from_root ? "root" : "site", edge->source, edge->offset,
		       edge->stride, edge->span, edge->target, edge->target_offset,
		       edge->target_varies ? " differing" : "", edge->count, edge->lost,
		       edge->interior);
	}
	for (uint64_t i = 0; i < graph->path_count; i++) {
		const struct snapshot_path *path = &graph->paths[i];

		printf("path %" PRIu64 " root %u site %u %" PRIu64 "/%" PRIu64, i, path->root,
		       path->site, path->blocks, path->bytes);
		for (uint64_t l = path->first_link; l < path->first_link + path->link_count; l++)
			printf(" from %d +%" PRIu64 ": %" PRIu64, (int)graph->links[l].parent,
			       graph->links[l].offset, graph->links[l].blocks);
		putchar('\n');
	}
}

static void print_count(const struct snapshot_count *count)
{
	printf("count site %u +%" PRIu64, count->site, count->offset);
	for (int degree = 0; degree < SILT_REFERENCES; degree++)
		for (int value = 0; value < SILT_COUNTED; value++)
			if (count->seen[degree][value])
				printf(" %d:%d*%" PRIu64, degree, value + 1,
				       count->seen[degree][value]);
	putchar('\n');
}

static void dump_verdicts(const struct snapshot_graph *graph)
{
	for (uint64_t i = 0; i < graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &graph->verdicts[i];

		printf("verdict site %u", verdict->site);
		for (int v = 0; v < SILT_VERDICTS; v++)
			printf(" %" PRIu64 "/%" PRIu64, verdict->blocks[v], verdict->bytes[v]);
		printf(" old %" PRIu64 "/%" PRIu64 " through %" PRIu64 "/%" PRIu64
		       " interior %" PRIu64 " pointers",
		       verdict->old_blocks, verdict->old_bytes, verdict->through_blocks,
		       verdict->through_bytes, verdict->interior);
		for (int d = 0; d < SILT_DEGREES; d++)
			printf(" %" PRIu64, verdict->degrees[d]);
		putchar('\n');
	}
	for (uint64_t i = 0; i < graph->fill_count; i++)
		printf("fill site %u %" PRIu64 "/%" PRIu64 " used %" PRIu64 "\n",
		       graph->fills[i].site, graph->fills[i].blocks, graph->fills[i].bytes,
		       graph->fills[i].used);
	for (uint64_t i = 0; i < graph->code_count; i++)
		printf("code site %u +%" PRIu64 "%s module %d 0x%" PRIx64 " count %" PRIu64 "\n",
		       graph->codes[i].site, graph->codes[i].offset,
		       graph->codes[i].table ? " table" : "", (int)graph->codes[i].module,
		       graph->codes[i].address, graph->codes[i].count);
	for (uint64_t i = 0; i < graph->pin_count; i++)
		printf("pin site %u %" PRIu64 "/%" PRIu64 "\n", graph->pins[i].site,
		       graph->pins[i].blocks, graph->pins[i].bytes);
	for (uint64_t i = 0; i < graph->count_count; i++)
		print_count(&graph->counts[i]);
	for (uint64_t i = 0; i < graph->refcount_count; i++)
		printf("refcount site %u +%" PRIu64 " equal %" PRIu64 " above %" PRIu64
		       " below %" PRIu64 " excess %" PRIu64 "\n",
		       graph->refcounts[i].site, graph->refcounts[i].offset,
		       graph->refcounts[i].equal, graph->refcounts[i].above,
		       graph->refcounts[i].below, graph->refcounts[i].excess);
	for (uint64_t i = 0; i < graph->component_count; i++) {
		const struct snapshot_component *component = &graph->components[i];

		printf("component %" PRIu64 " %" PRIu64 "/%" PRIu64, component->components,
		       component->blocks, component->bytes);
		for (uint64_t t = component->first_triple;
		     t < component->first_triple + component->triple_count; t++)
			printf(" %u+%" PRIu64 ">%u", graph->triples[t].from,
			       graph->triples[t].offset, graph->triples[t].to);
		putchar('\n');
	}
}

static void dump_graph(const struct snapshot_graph *graph)
{
	if (graph->summary.status == SILT_GRAPH_NONE)
		return;
	puts("graph");
	fields(&graph->summary, graph_fields, sizeof graph_fields / sizeof graph_fields[0]);
	if (graph->summary.status != SILT_GRAPH_DONE)
		return;
	dump_roots(graph);
	dump_edges(graph);
	dump_verdicts(graph);
}

void dump_view_print(const struct snapshot *snapshot)
{
	dump_process(snapshot);
	dump_modules(snapshot);
	dump_mappings(snapshot);
	dump_tracebacks(snapshot);
	dump_sites(snapshot);
	dump_freed(snapshot);
	dump_mapped(snapshot);
	dump_graph(&snapshot->graph);
}
