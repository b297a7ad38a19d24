/*
 * Words that point to code: exact starts of functions, and pointers to tables of them (operations,
 * virtual functions). Blocks that accumulate and hold one are listeners, closures or objects.
 * Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: take a return address for the start of a function.
 */
#include <string.h>

#include "graph/code.h"
#include "graph/fold.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "unwind/modules.h"

#define MAX_CODES 64u /* kept per site */
#define TABLE_WORDS 4u
#define MAX_OFFSET (1u << 20)

/* True if a function begins exactly at the address. The unwind information has a sorted table of
 * functions (Linux Standard Base, .eh_frame_hdr): version 1, count as udata4, entries as pairs of
 * 32-bit numbers relative to the table. */
static bool is_entry(uint32_t number, uintptr_t address)
{
	const struct module *module = modules_get(number);
	const unsigned char *header = module->eh_frame_hdr;
	uint32_t count, low = 0, high;

	if (!header || header[0] != 1 || header[2] != 0x03 || header[3] != 0x3b)
		return false;
	memcpy(&count, header + 8, 4);
	for (high = count; low < high;) {
		uint32_t middle = (low + high) / 2;
		int32_t start;

		memcpy(&start, header + 12 + middle * 8ul, 4);
		if ((uintptr_t)header + (uintptr_t)(intptr_t)start < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < count) {
		int32_t start;

		memcpy(&start, header + 12 + low * 8ul, 4);
		return (uintptr_t)header + (uintptr_t)(intptr_t)start == address;
	}
	return false;
}

static uint32_t module_of(const struct graph *graph, uintptr_t address)
{
	for (uint32_t i = graph->module_count; i-- > 0;) {
		const struct module *module = modules_get(i);

		if (!module->unloaded_ns && address - module->start < module->end - module->start)
			return i;
	}
	return MODULES_NONE;
}

static bool is_function(const struct graph *graph, uintptr_t address)
{
	const struct graph_map *map;
	uint32_t module;

	if (address - graph->code_low >= graph->code_high - graph->code_low)
		return false;
	map = graph_map_of(graph, address);
	if (!map || !(map->flags & GRAPH_EXECUTE))
		return false;
	module = module_of(graph, address);
	return module != MODULES_NONE && is_entry(module, address);
}

/* True if the first word points to a function, or two of the first words do; in constant memory one
 * is enough. */
static bool is_table(const struct graph *graph, const struct graph_map *map, uintptr_t address)
{
	uintptr_t end = address + TABLE_WORDS * 8;
	uint32_t found = 0;

	if (address % 8 || !graph_clip(graph, address, &end) || end - address < 8)
		return false;
	for (uintptr_t at = address; at + 8 <= end; at += 8) {
		if (is_function(graph, *(const uintptr_t *)at)) {
			if (at == address)
				return true;
			found++;
		}
	}
	return found >= 2 || (found && !(map->flags & GRAPH_WRITE));
}

/* Returns graph_judged.verdict. Cached, because the same words recur. */
static uint32_t judge(struct graph *graph, uintptr_t word)
{
	struct graph_judged *seen =
		&graph->judged[word * 0x9e3779b97f4a7c15ul >> (64 - GRAPH_JUDGED_BITS)];
	const struct graph_map *map;

	if (seen->word == word)
		return seen->verdict;
	map = graph_map_of(graph, word);
	seen->word = word;
	seen->verdict = 0;
	if (map && map->flags & GRAPH_EXECUTE)
		seen->verdict = is_function(graph, word);
	else if (map && module_of(graph, word) != MODULES_NONE && is_table(graph, map, word))
		seen->verdict = 2;
	return seen->verdict;
}

/* The entry that counts the word: the one at its offset, or, for a site with very many entries
 * (long arrays), the one at the first offset at which the word was found. */
static uint32_t find_code(struct graph *graph, uint32_t site, uint64_t offset, uintptr_t word,
			  bool table)
{
	uint64_t key = graph_mix(graph_mix((uint64_t)site << 20 | offset, 1), word) | 1;
	uint32_t *at = graph_table_find(&graph->code_table, key), *first;

	if (at)
		return *at;
	first = graph_table_at(graph, &graph->code_table, graph_mix(graph_mix(site, 2), word) | 1);
	if (graph->sites[site].codes == MAX_CODES)
		return *first;
	if (*first == UINT32_MAX)
		*first = graph->code_count;
	graph->sites[site].codes++;
	GRAPH_ROOM(graph, codes, code_count, code_capacity);
	graph->codes[graph->code_count] =
		(struct graph_code){.value = word, .offset = offset, .site = site, .table = table};
	*graph_table_at(graph, &graph->code_table, key) = graph->code_count;
	return graph->code_count++;
}

void graph_code_note(struct graph *graph, uint32_t site, uint64_t offset, uintptr_t word)
{
	uint32_t verdict = judge(graph, word), code;

	if (!verdict || offset >= MAX_OFFSET)
		return;
	code = find_code(graph, site, offset, word, verdict == 2);
	if (code != UINT32_MAX)
		graph->codes[code].count++;
}

void graph_code_start(struct graph *graph)
{
	graph->judged = graph_alloc(graph, sizeof *graph->judged << GRAPH_JUDGED_BITS);
	graph->code_low = UINTPTR_MAX;
	for (uint32_t i = 0; i < graph->module_count; i++) {
		const struct module *module = modules_get(i);

		if (module->unloaded_ns)
			continue;
		if (module->start < graph->code_low)
			graph->code_low = module->start;
		if (module->end > graph->code_high)
			graph->code_high = module->end;
	}
}
