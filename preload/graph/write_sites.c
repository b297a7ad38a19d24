/*
 * Writes the sections of the graph about the blocks of each site: verdicts, fill, free memory
 * beside blocks, code pointers, counts of references.
 * Path: cold. Threads: the twin. Memory: the file's.
 * Must not: write contents of the heap, except addresses of functions and counts of small values.
 */
#include <string.h>

#include "graph/code.h"
#include "graph/fold.h"
#include "graph/state.h"
#include "graph/sum.h"
#include "graph/write.h"
#include "silt_snapshot.h"

static void write_verdict(struct graph_writer *writer, uint32_t site_number)
{
	const struct graph_site *site = &writer->graph->sites[site_number];

	graph_write_number(writer, graph_write_record(writer, site_number));
	for (uint32_t verdict = 0; verdict < SILT_VERDICTS; verdict++) {
		graph_write_number(writer, site->blocks[verdict]);
		graph_write_number(writer, site->bytes[verdict]);
	}
	graph_write_number(writer, site->old_blocks);
	graph_write_number(writer, site->old_bytes);
	graph_write_number(writer, site->through_blocks);
	graph_write_number(writer, site->through_bytes);
	graph_write_number(writer, site->interior);
	for (uint32_t degree = 0; degree < SILT_DEGREES; degree++)
		graph_write_number(writer, site->degrees[degree]);
	writer->count++;
}

static bool has_blocks(const struct graph_site *site)
{
	uint64_t blocks = 0;

	for (uint32_t verdict = 0; verdict < SILT_VERDICTS; verdict++)
		blocks += site->blocks[verdict];
	return blocks > 0;
}

static void write_verdicts(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_VERDICTS);
	for (uint32_t site = 1; site <= writer->site_count; site++)
		if (graph_write_recorded(writer, site) && has_blocks(&writer->graph->sites[site]))
			write_verdict(writer, site);
	graph_write_end(writer);
}

static void write_fill(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_FILL);
	for (uint32_t number = 1; number <= writer->site_count; number++) {
		const struct graph_site *site = &writer->graph->sites[number];

		if (!site->large_blocks || !graph_write_recorded(writer, number))
			continue;
		graph_write_number(writer, graph_write_record(writer, number));
		graph_write_number(writer, site->large_blocks);
		graph_write_number(writer, site->large_bytes);
		graph_write_number(writer, site->large_used);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_pins(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_PINS);
	for (uint32_t number = 1; number <= writer->site_count; number++) {
		const struct graph_site *site = &writer->graph->sites[number];

		if (!site->pinned_bytes || !graph_write_recorded(writer, number))
			continue;
		graph_write_number(writer, graph_write_record(writer, number));
		graph_write_number(writer, site->pinning_blocks);
		graph_write_number(writer, site->pinned_bytes);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_code(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_CODE);
	for (uint32_t i = 0; i < writer->graph->code_count; i++) {
		const struct graph_code *code = &writer->graph->codes[i];
		uint64_t address = code->value;
		uint32_t module = graph_write_place(writer->graph, &address);

		if (!graph_write_recorded(writer, code->site))
			continue;
		graph_write_number(writer, graph_write_record(writer, code->site));
		graph_write_number(writer, code->offset);
		graph_write_number(writer, code->table);
		graph_write_number(writer, module);
		graph_write_number(writer, address);
		graph_write_number(writer, code->count);
		writer->count++;
	}
	graph_write_end(writer);
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
static void write_refcounts(struct graph_writer *writer)
{
	const struct graph *graph = writer->graph;

	graph_write_begin(writer, SILT_SECTION_REFCOUNTS);
	for (uint32_t site = 1; site <= writer->site_count; site++) {
		const struct graph_counts *counts;

		if (!graph->sites[site].counts || !graph_write_recorded(writer, site))
			continue;
		counts = &graph->counts[graph->sites[site].counts - 1];
		for (uint32_t i = 0; i < GRAPH_COUNT_WORDS && counts->blocks >= COUNTED_BLOCKS;
		     i++) {
			if (counts->not_small >> i & 1 ||
			    counts->word[i].below * 10ul > counts->blocks)
				continue;
			graph_write_number(writer, graph_write_record(writer, site));
			graph_write_number(writer, i * 4ul);
			graph_write_number(writer, sum(counts->word[i].equal));
			graph_write_number(writer, counts->word[i].above);
			graph_write_number(writer, counts->word[i].below);
			graph_write_number(writer, counts->word[i].excess);
			for (uint32_t d = 0; d < SILT_REFERENCES; d++)
				graph_write_number(writer, counts->compared[d]);
			for (uint32_t d = 0; d < SILT_REFERENCES; d++)
				graph_write_number(writer, counts->word[i].equal[d]);
			writer->count++;
		}
	}
	graph_write_end(writer);
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

static void write_matrix(struct graph_writer *writer, uint32_t site, uint32_t word,
			 const uint16_t seen[SILT_REFERENCES][SILT_COUNTED])
{
	graph_write_number(writer, graph_write_record(writer, site));
	graph_write_number(writer, word * 4ul);
	for (uint32_t degree = 0; degree < SILT_REFERENCES; degree++)
		for (uint32_t value = 0; value < SILT_COUNTED; value++)
			graph_write_number(writer, seen[degree][value]);
	writer->count++;
}

static void write_counts(struct graph_writer *writer)
{
	const struct graph *graph = writer->graph;

	graph_write_begin(writer, SILT_SECTION_COUNTS);
	for (uint32_t site = 1; site <= writer->site_count; site++) {
		const struct graph_counts *counts;

		if (!graph->sites[site].counts || !graph_write_recorded(writer, site))
			continue;
		counts = &graph->counts[graph->sites[site].counts - 1];
		for (uint32_t i = 0; counts->matrix && i < GRAPH_COUNT_WORDS; i++)
			if (!(counts->not_small >> i & 1) &&
			    differs(graph->matrices[counts->matrix - 1].seen[i]))
				write_matrix(writer, site, i,
					     graph->matrices[counts->matrix - 1].seen[i]);
	}
	graph_write_end(writer);
}

void graph_write_sites(struct graph_writer *writer)
{
	write_verdicts(writer);
	write_fill(writer);
	write_pins(writer);
	write_code(writer);
	write_refcounts(writer);
	write_counts(writer);
}
