/*
 * Sums up the marks by site: verdicts, numbers of pointers, words that look like reference counts.
 * Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: follow pointers.
 */
#include "graph/fold.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/mark.h"
#include "graph/state.h"
#include "graph/sum.h"
#include "silt_snapshot.h"

static void count_degree(struct graph_site *site, uint32_t degree)
{
	uint32_t at = degree < 4 ? degree : degree < 8 ? 4 : degree < 16 ? 5 : degree < 255 ? 6 : 7;

	site->degrees[at]++;
}

#define COMPARED 1024u	   /* blocks of a site with the same number of pointers that are compared */
#define COMPARED_SHARE 16u /* of all further blocks one in so many is compared */
#define SMALL 65536u	   /* reference counts are below this */

#define MATRIX_LEAST 4u /* a site with fewer blocks gets no matrix */
#define MATRICES 4096u	/* 5 MiB */

static struct graph_matrix *matrix_of(struct graph *graph, struct graph_counts *counts)
{
	if (counts->blocks < MATRIX_LEAST)
		return NULL;
	if (!counts->matrix && graph->matrix_count == MATRICES)
		return NULL;
	if (!counts->matrix) {
		GRAPH_ROOM(graph, matrices, matrix_count, matrix_capacity);
		graph->matrices[graph->matrix_count] = (struct graph_matrix){0};
		counts->matrix = ++graph->matrix_count;
	}
	return &graph->matrices[counts->matrix - 1];
}

static void count_word(struct graph_matrix *matrix, uint32_t word, uint32_t degree, uint32_t value)
{
	uint16_t *seen =
		&matrix->seen[word][degree][value < SILT_COUNTED ? value - 1 : SILT_COUNTED - 1];

	*seen += *seen < UINT16_MAX;
}

static uint32_t column_of(uint32_t degree)
{
	return degree < SILT_REFERENCES ? degree : SILT_REFERENCES - 1;
}

/* Compares a part of the blocks: reading the contents of all again would take as long as the rest
 * of this file. Blocks are counted by number of pointers, so that a few sound blocks among many
 * leaked ones, whose numbers differ, are all compared. */
static bool is_compared(const struct graph *graph, const struct graph_site *site,
			const struct graph_block *block, uint32_t degree)
{
	if (block->size < 4)
		return false;
	return !site->counts ||
	       graph->counts[site->counts - 1].compared[column_of(degree)] < COMPARED ||
	       block->number % COMPARED_SHARE == 0;
}

static void compare_counts(struct graph *graph, struct graph_site *site,
			   const struct graph_block *block)
{
	uint32_t degree = graph_degree_of(graph->marks[block->number].state),
		 words = (uint32_t)(block->size / 4);
	uintptr_t end = block->start + block->size;
	uint32_t at = column_of(degree);
	struct graph_counts *counts;
	struct graph_matrix *matrix;

	if (!site->counts) {
		GRAPH_ROOM(graph, counts, counts_count, counts_capacity);
		site->counts = ++graph->counts_count;
		graph->counts[site->counts - 1] = (struct graph_counts){0};
	}
	counts = &graph->counts[site->counts - 1];
	if (degree == 255 || block->start % 4 || !graph_clip_block(graph, block->start, &end) ||
	    end < block->start + block->size)
		return;
	counts->blocks++;
	counts->compared[at]++;
	matrix = matrix_of(graph, counts);
	if (words < GRAPH_COUNT_WORDS)
		counts->not_small |= ~0u << words;
	for (uint32_t i = 0; i < words && i < GRAPH_COUNT_WORDS; i++) {
		uint32_t value = ((const uint32_t *)block->start)[i];

		/* The upper half of an address is a small number, but not a count. */
		if (i % 2 == 0 && i + 1 < words && ((const uintptr_t *)block->start)[i / 2] >> 40 &&
		    ((const uintptr_t *)block->start)[i / 2] >> 47 == 0)
			counts->not_small |= 3u << i;

		if (value == 0 || value >= SMALL) {
			counts->not_small |= 1u << i;
			continue;
		}
		if (matrix)
			count_word(matrix, i, at, value);
		if (value == degree) {
			counts->word[i].equal[at]++;
		} else if (value > degree) {
			counts->word[i].above++;
			counts->word[i].excess += value - degree;
		} else {
			counts->word[i].below++;
		}
	}
}

/* Counts the gap before a block for both neighbours: free memory between two live blocks can be
 * returned to the system only page by page, if at all. */
static void count_gap(struct graph *graph, const struct graph_block *block)
{
	uintptr_t before = graph->block_end, gap = block->start - before;
	uint32_t site = graph->block_site;

	graph->block_end = block->start + block->size;
	graph->block_site = block->site;
	if (!before || block->start < before || gap < SILT_GAP_LEAST || gap >= SILT_GAP_MOST ||
	    graph_map_of(graph, before) != graph_map_of(graph, block->start))
		return;
	graph->sites[site].pinning_blocks++;
	graph->sites[site].pinned_bytes += gap / 2;
	graph->sites[block->site].pinning_blocks++;
	graph->sites[block->site].pinned_bytes += gap - gap / 2;
}

static void sum_block(struct graph *graph, uint32_t id, const struct graph_block *block)
{
	struct graph_site *site = &graph->sites[block->site];
	uint32_t verdict = graph_verdict(graph, block->number),
		 state = graph->marks[block->number].state;

	site->blocks[verdict]++;
	site->bytes[verdict] += block->size;
	graph->report->verdict_blocks[verdict]++;
	graph->report->verdict_bytes[verdict] += block->size;
	count_degree(site, graph_degree_of(state));
	count_gap(graph, block);
	if (block->size >= GRAPH_FILL_LEAST) {
		site->large_blocks++;
		site->large_bytes += block->size;
		site->large_used += graph_fill_used(graph, block);
	}
	if (verdict == SILT_REACHABLE || verdict == SILT_IGNORED) {
		graph_fold_reach(graph, block->site, state & GRAPH_SET_MASK, block->size);
		site->interior += !(state & GRAPH_EXACT);
	} else if (graph_index_record(graph, id).generation < graph->generation) {
		site->old_blocks++;
		site->old_bytes += block->size;
	}
	if (is_compared(graph, site, block, graph_degree_of(state)))
		compare_counts(graph, site, block);
}

static void sum_retained(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->reach_count; i++) {
		uint32_t set = graph_fold_strongest(graph, graph->reaches[i].set);

		graph->sets[set].blocks += graph->reaches[i].blocks;
		graph->sets[set].bytes += graph->reaches[i].bytes;
	}
}

void graph_sum(struct graph *graph)
{
	graph->report->blocks = graph->index.block_count;
	graph->report->bytes = graph->index.bytes;
	graph_index_each(graph, sum_block);
	sum_retained(graph);
}
