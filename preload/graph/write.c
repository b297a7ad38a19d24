/*
 * Writes the graph's sections of a snapshot (include/silt_snapshot.h).
 * Path: cold. Threads: the twin. Memory: the file's.
 * Must not: write contents of the heap, except addresses of functions and counts of small values.
 */
#include <string.h>

#include "base/bytes.h"
#include "graph/fold.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/stop.h"
#include "graph/sum.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"
#include "snapshot/file.h"

struct writer {
	struct graph *graph;
	struct snapshot_file *file;
	const uint32_t *record_of;
	uint32_t site_count;
	/* of records in the section being written */
	uint64_t count;
};

static void number(struct writer *writer, uint64_t value)
{
	bytes_varint(&writer->file->bytes, value);
}

static void begin(struct writer *writer, uint32_t kind)
{
	snapshot_file_begin(writer->file, kind, 0);
	writer->count = 0;
}

static void end(struct writer *writer)
{
	snapshot_file_end(writer->file, writer->count);
}

/* The site's index in the section of sites, which has every site with a live block. */
static uint32_t record(const struct writer *writer, uint32_t site)
{
	return writer->record_of[site];
}

static bool recorded(const struct writer *writer, uint32_t site)
{
	return site <= writer->site_count && writer->record_of[site] != UINT32_MAX;
}

/* Converts an address in memory to one in its module's file. Returns module + 1; 0: in no
 * module. */
static uint32_t place_of(const struct graph *graph, uint64_t *address)
{
	for (uint32_t i = graph->module_count; i-- > 0;) {
		const struct module *module = modules_get(i);

		if (!module->unloaded_ns &&
		    *address - module->start < module->end - module->start) {
			*address -= module->bias;
			return i + 1;
		}
	}
	return 0;
}

static void write_threads(struct writer *writer)
{
	const struct graph *graph = writer->graph;

	snapshot_file_begin(writer->file, SILT_SECTION_THREADS, sizeof(struct silt_thread));
	for (uint32_t i = 0; i < graph->thread_count; i++) {
		const struct graph_thread *thread = &graph->threads[i];
		struct silt_thread silt_thread = {.tid = thread->tid,
						  .flags = thread->flags & (GRAPH_THREAD_ASKER - 1),
						  .syscall = thread->syscall,
						  .start_address = thread->start_routine,
						  .stack_bytes = thread->stack_bytes,
						  .stack_used = thread->stack_used};

		silt_thread.name = snapshot_file_bytes(writer->file, thread->name,
						       strnlen(thread->name, sizeof thread->name));
		silt_thread.start_module = place_of(graph, &silt_thread.start_address);
		bytes_add(&writer->file->bytes, &silt_thread, sizeof silt_thread);
	}
	snapshot_file_end(writer->file, graph->thread_count);
}

static void write_roots(struct writer *writer)
{
	begin(writer, SILT_SECTION_ROOTS);
	for (uint32_t i = 0; i < writer->graph->object_count; i++) {
		const struct graph_object *object = &writer->graph->objects[i];

		number(writer, object->kind);
		number(writer, object->module == MODULES_NONE ? 0 : object->module + 1ul);
		number(writer, object->thread == UINT32_MAX ? 0 : object->thread + 1ul);
		number(writer, object->address);
		number(writer, object->size);
		number(writer, object->pc == UINT32_MAX ? 0 : object->pc + 1ul);
		number(writer, object->flags);
		writer->count++;
	}
	end(writer);
}

static void write_frames(struct writer *writer)
{
	begin(writer, SILT_SECTION_FRAMES);
	for (uint32_t i = 0; i < writer->graph->region_count; i++) {
		const struct graph_region *region = &writer->graph->regions[i];
		uintptr_t before = 0;

		if (!region->frame_count || region->thread == UINT32_MAX)
			continue;
		number(writer, region->thread);
		number(writer, region->frame_count);
		for (uint32_t f = 0; f < region->frame_count; f++) {
			const struct graph_frame *frame = &region->frames[f];

			number(writer, frame->pc == UINT32_MAX ? 0 : frame->pc + 1ul);
			number(writer, frame->cfa - before);
			before = frame->cfa;
		}
		writer->count++;
	}
	end(writer);
}

static void write_holders(struct writer *writer)
{
	begin(writer, SILT_SECTION_HOLDERS);
	for (uint32_t i = 0; i < writer->graph->set_count; i++) {
		const struct graph_set *set = &writer->graph->sets[i];

		if (!set->blocks)
			continue;
		number(writer, set->count);
		for (uint32_t member = 0; member < set->count; member++)
			number(writer, set->members[member]);
		number(writer, set->blocks);
		number(writer, set->bytes);
		writer->count++;
	}
	end(writer);
}

static void write_reach(struct writer *writer)
{
	begin(writer, SILT_SECTION_REACH);
	for (uint32_t i = 0; i < writer->graph->reach_count; i++) {
		const struct graph_reach *reach = &writer->graph->reaches[i];
		const struct graph_set *set = &writer->graph->sets[reach->set];

		if (!recorded(writer, reach->site))
			continue;
		number(writer, record(writer, reach->site));
		number(writer, (uint64_t)set->count << 1 | set->more);
		for (uint32_t member = 0; member < set->count; member++)
			number(writer, set->members[member]);
		number(writer, reach->blocks);
		number(writer, reach->bytes);
		writer->count++;
	}
	end(writer);
}

static void write_anchors(struct writer *writer)
{
	begin(writer, SILT_SECTION_ANCHORS);
	for (uint32_t i = 0; i < writer->graph->anchor_count; i++) {
		const struct graph_anchor *anchor = &writer->graph->anchors[i];

		if (!recorded(writer, anchor->site))
			continue;
		number(writer, anchor->root);
		number(writer, record(writer, anchor->site));
		number(writer, anchor->pointers);
		number(writer, anchor->ends);
		writer->count++;
	}
	end(writer);
}

static void write_edges(struct writer *writer)
{
	begin(writer, SILT_SECTION_EDGES);
	for (uint32_t i = 0; i < writer->graph->edge_count; i++) {
		const struct graph_edge *edge = &writer->graph->edges[i];
		uint32_t source = (uint32_t)(edge->key >> 40),
			 target = (uint32_t)edge->key & 0xfffff;
		bool is_root = source & GRAPH_ROOT_SOURCE;

		if (!edge->count || !recorded(writer, target) ||
		    (!is_root && !recorded(writer, source)))
			continue;
		source = is_root ? source & ~GRAPH_ROOT_SOURCE : record(writer, source);
		number(writer, (uint64_t)source << 1 | is_root);
		number(writer, edge->first);
		number(writer, edge->stride);
		number(writer, edge->stride ? edge->last - edge->first : 0);
		number(writer, record(writer, target));
		number(writer, edge->target_offset);
		number(writer, edge->count);
		number(writer, edge->lost);
		number(writer, edge->interior);
		writer->count++;
	}
	end(writer);
}

static void write_paths(struct writer *writer)
{
	const struct graph *graph = writer->graph;

	begin(writer, SILT_SECTION_PATHS);
	for (uint32_t i = 0; i < graph->path_count; i++) {
		const struct graph_path *path = &graph->paths[i];
		uint64_t links = 0;

		for (uint32_t link = path->first_link; link; link = graph->links[link - 1].next)
			links++;
		number(writer, path->root);
		number(writer, recorded(writer, path->site) ? record(writer, path->site) : 0);
		number(writer, path->blocks);
		number(writer, path->bytes);
		number(writer, links);
		for (uint32_t link = path->first_link; link; link = graph->links[link - 1].next) {
			number(writer, graph->links[link - 1].parent);
			number(writer, graph->links[link - 1].offset);
			number(writer, graph->links[link - 1].blocks);
		}
		writer->count++;
	}
	end(writer);
}

static void write_chains(struct writer *writer)
{
	const struct graph *graph = writer->graph;

	begin(writer, SILT_SECTION_CHAINS);
	for (uint32_t i = 0; i < graph->path_count; i++)
		for (uint32_t chain = 0; chain < graph->paths[i].chain_count; chain++) {
			number(writer, i);
			number(writer, graph->paths[i].chains[chain].offset);
			number(writer, graph->paths[i].chains[chain].blocks);
			writer->count++;
		}
	end(writer);
}

static void write_verdict(struct writer *writer, uint32_t site_number)
{
	const struct graph_site *site = &writer->graph->sites[site_number];

	number(writer, record(writer, site_number));
	for (uint32_t verdict = 0; verdict < SILT_VERDICTS; verdict++) {
		number(writer, site->blocks[verdict]);
		number(writer, site->bytes[verdict]);
	}
	number(writer, site->old_blocks);
	number(writer, site->old_bytes);
	number(writer, site->through_blocks);
	number(writer, site->through_bytes);
	number(writer, site->interior);
	for (uint32_t degree = 0; degree < SILT_DEGREES; degree++)
		number(writer, site->degrees[degree]);
	writer->count++;
}

static bool has_blocks(const struct graph_site *site)
{
	uint64_t blocks = 0;

	for (uint32_t verdict = 0; verdict < SILT_VERDICTS; verdict++)
		blocks += site->blocks[verdict];
	return blocks > 0;
}

static void write_verdicts(struct writer *writer)
{
	begin(writer, SILT_SECTION_VERDICTS);
	for (uint32_t site = 1; site <= writer->site_count; site++)
		if (recorded(writer, site) && has_blocks(&writer->graph->sites[site]))
			write_verdict(writer, site);
	end(writer);
}

static void write_fill(struct writer *writer)
{
	begin(writer, SILT_SECTION_FILL);
	for (uint32_t number_of = 1; number_of <= writer->site_count; number_of++) {
		const struct graph_site *site = &writer->graph->sites[number_of];

		if (!site->large_blocks || !recorded(writer, number_of))
			continue;
		number(writer, record(writer, number_of));
		number(writer, site->large_blocks);
		number(writer, site->large_bytes);
		number(writer, site->large_used);
		writer->count++;
	}
	end(writer);
}

static void write_pins(struct writer *writer)
{
	begin(writer, SILT_SECTION_PINS);
	for (uint32_t number_of = 1; number_of <= writer->site_count; number_of++) {
		const struct graph_site *site = &writer->graph->sites[number_of];

		if (!site->pinned_bytes || !recorded(writer, number_of))
			continue;
		number(writer, record(writer, number_of));
		number(writer, site->pinning_blocks);
		number(writer, site->pinned_bytes);
		writer->count++;
	}
	end(writer);
}

static void write_code(struct writer *writer)
{
	begin(writer, SILT_SECTION_CODE);
	for (uint32_t i = 0; i < writer->graph->code_count; i++) {
		const struct graph_code *code = &writer->graph->codes[i];
		uint64_t address = code->value;
		uint32_t module = place_of(writer->graph, &address);

		if (!recorded(writer, code->site))
			continue;
		number(writer, record(writer, code->site));
		number(writer, code->offset);
		number(writer, code->table);
		number(writer, module);
		number(writer, address);
		number(writer, code->count);
		writer->count++;
	}
	end(writer);
}

static uint64_t sum(const uint32_t numbers[SILT_REFERENCES])
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < SILT_REFERENCES; i++)
		total += numbers[i];
	return total;
}

#define COUNTED_BLOCKS 4u /* fewer tell nothing */

/* Writes words that are a small number in all blocks, and below the number of pointers in at most a
 * tenth of them: some of those pointers may be chance words. */
static void write_refcounts(struct writer *writer)
{
	const struct graph *graph = writer->graph;

	begin(writer, SILT_SECTION_REFCOUNTS);
	for (uint32_t site = 1; site <= writer->site_count; site++) {
		const struct graph_counts *counts;

		if (!graph->sites[site].counts || !recorded(writer, site))
			continue;
		counts = &graph->counts[graph->sites[site].counts - 1];
		for (uint32_t i = 0; i < GRAPH_COUNT_WORDS && counts->blocks >= COUNTED_BLOCKS;
		     i++) {
			if (counts->not_small >> i & 1 ||
			    counts->word[i].below * 10ul > counts->blocks)
				continue;
			number(writer, record(writer, site));
			number(writer, i * 4ul);
			number(writer, sum(counts->word[i].equal));
			number(writer, counts->word[i].above);
			number(writer, counts->word[i].below);
			number(writer, counts->word[i].excess);
			for (uint32_t d = 0; d < SILT_REFERENCES; d++)
				number(writer, counts->compared[d]);
			for (uint32_t d = 0; d < SILT_REFERENCES; d++)
				number(writer, counts->word[i].equal[d]);
			writer->count++;
		}
	}
	end(writer);
}

/* True if the word has more than one value. */
static bool differs(const uint16_t seen[SILT_REFERENCES][SILT_COUNTED])
{
	uint32_t values = 0;

	for (uint32_t value = 0; value < SILT_COUNTED; value++) {
		bool found = false;

		for (uint32_t degree = 0; degree < SILT_REFERENCES; degree++)
			found |= seen[degree][value] > 0;
		values += found;
	}
	return values > 1;
}

static void write_matrix(struct writer *writer, uint32_t site, uint32_t word,
			 const uint16_t seen[SILT_REFERENCES][SILT_COUNTED])
{
	number(writer, record(writer, site));
	number(writer, word * 4ul);
	for (uint32_t degree = 0; degree < SILT_REFERENCES; degree++)
		for (uint32_t value = 0; value < SILT_COUNTED; value++)
			number(writer, seen[degree][value]);
	writer->count++;
}

static void write_counts(struct writer *writer)
{
	const struct graph *graph = writer->graph;

	begin(writer, SILT_SECTION_COUNTS);
	for (uint32_t site = 1; site <= writer->site_count; site++) {
		const struct graph_counts *counts;

		if (!graph->sites[site].counts || !recorded(writer, site))
			continue;
		counts = &graph->counts[graph->sites[site].counts - 1];
		for (uint32_t i = 0; counts->matrix && i < GRAPH_COUNT_WORDS; i++)
			if (!(counts->not_small >> i & 1) &&
			    differs(graph->matrices[counts->matrix - 1].seen[i]))
				write_matrix(writer, site, i,
					     graph->matrices[counts->matrix - 1].seen[i]);
	}
	end(writer);
}

static void write_components(struct writer *writer)
{
	begin(writer, SILT_SECTION_COMPONENTS);
	for (uint32_t i = 0; i < writer->graph->component_count; i++) {
		const struct graph_component *component = &writer->graph->components[i];

		number(writer, component->components);
		number(writer, component->blocks);
		number(writer, component->bytes);
		number(writer, component->count);
		for (uint32_t t = 0; t < component->count; t++) {
			number(writer, record(writer, component->triples[t].from));
			number(writer, component->triples[t].offset);
			number(writer, record(writer, component->triples[t].to));
		}
		writer->count++;
	}
	end(writer);
}

void graph_write(void *argument, struct snapshot_file *file, const uint32_t *record_of,
		 uint32_t site_count)
{
	struct graph *graph = argument;
	struct writer writer = {graph, file, record_of, site_count, 0};

	write_threads(&writer);
	write_roots(&writer);
	write_frames(&writer);
	write_holders(&writer);
	write_reach(&writer);
	write_anchors(&writer);
	write_edges(&writer);
	write_paths(&writer);
	write_chains(&writer);
	write_verdicts(&writer);
	write_fill(&writer);
	write_pins(&writer);
	write_code(&writer);
	write_refcounts(&writer);
	write_counts(&writer);
	write_components(&writer);
	graph_finish_report(graph);
	snapshot_file_begin(file, SILT_SECTION_GRAPH, sizeof *graph->report);
	bytes_add(&file->bytes, graph->report, sizeof *graph->report);
	snapshot_file_end(file, 1);
}
