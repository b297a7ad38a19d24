/*
 * Makes the paths from a holder to the blocks it keeps alive: see holders.h.
 * Must not: print.
 *
 * Paths come from the folded breadth-first forest: of a site's several parents the one that most of
 * its blocks were reached from. holder_search.c finds paths from other holders.
 */
#include "model/holders_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/holders.h"
#include "silt_snapshot.h"
#include "symbolize/variable.h"
#include "util/mem.h"

static int compare_edges(const void *a, const void *b)
{
	const struct snapshot_edge *x = *(const struct snapshot_edge *const *)a,
				   *y = *(const struct snapshot_edge *const *)b;

	if (x->from_root != y->from_root)
		return x->from_root < y->from_root ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void holders_sort_edges(struct holders_inside *in)
{
	in->edges = mem_zeroed(in->graph->edge_count, sizeof(struct snapshot_edge *));
	for (uint64_t i = 0; i < in->graph->edge_count; i++)
		in->edges[i] = &in->graph->edges[i];
	if (in->graph->edge_count)
		qsort(in->edges, in->graph->edge_count, sizeof(struct snapshot_edge *),
		      compare_edges);
}

size_t holders_find_edges(const struct holders_inside *in, bool from_root, uint32_t source,
			  uint32_t target, const struct snapshot_edge *const **first)
{
	struct snapshot_edge wanted = {.from_root = from_root, .source = source, .target = target};
	const struct snapshot_edge *key = &wanted;
	size_t low = 0, high = in->graph->edge_count, count = 0;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_edges(&in->edges[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = in->edges + low;
	while (low + count < in->graph->edge_count &&
	       in->edges[low + count]->from_root == from_root &&
	       in->edges[low + count]->source == source && in->edges[low + count]->target == target)
		count++;
	return count;
}

#define ARRAY_OFFSETS 4 /* so many places at equal distances are an array */

/* Stores the step over all edges if their places are an array. */
static bool is_array(const struct snapshot_edge *const *edges, size_t count, struct path_step *step)
{
	uint64_t stride;

	if (count < ARRAY_OFFSETS)
		return false;
	stride = edges[1]->offset - edges[0]->offset;
	if (stride == 0) /* only in a damaged file */
		return false;
	for (size_t i = 0; i < count; i++)
		if (edges[i]->stride || (i > 1 && (edges[i]->offset - edges[0]->offset) % stride))
			return false;
	step->offset = edges[0]->offset;
	step->stride = stride;
	return true;
}

struct path_step holders_make_step(const struct holders_inside *in, bool from_root, uint32_t source,
				   uint32_t target, uint64_t offset)
{
	struct path_step step = {.offset = offset, .word = offset};
	const struct snapshot_edge *const *edges;
	size_t count = holders_find_edges(in, from_root, source, target, &edges);

	for (size_t i = 0; i < count; i++) {
		const struct snapshot_edge *edge = edges[i];

		if (edge->stride ? offset < edge->offset || offset > edge->offset + edge->span
				 : offset != edge->offset)
			continue;
		step.target = edge->target_offset;
		if (edge->stride) {
			step.offset = edge->offset;
			step.stride = edge->stride;
		} else {
			is_array(edges, count, &step);
		}
		break;
	}
	return step;
}

uint64_t holders_live_blocks(const struct holders_inside *in, uint32_t site)
{
	return snapshot_live_blocks(&in->profile->snapshot->sites[site]);
}

const struct snapshot_edge *holders_strongest_link(const struct snapshot_edge *const *edges,
						   size_t count)
{
	const struct snapshot_edge *best = NULL, *chain = NULL;
	uint64_t most = 0; /* no edge has 0 blocks */

	for (size_t i = 0; i < count; i++)
		if (edges[i]->count > most) {
			best = edges[i];
			most = best->count;
		}
	for (size_t i = 0; i < count && !chain; i++)
		if (edges[i]->count + 1 == most)
			chain = edges[i];
	return chain ? chain : best;
}

void holders_index_chains(struct holders_inside *in)
{
	const struct snapshot_graph *graph = in->graph;
	uint64_t chain = 0;

	in->chain_of = mem_zeroed(graph->path_count + 1, sizeof *in->chain_of);
	in->main_path = mem_alloc((in->profile->snapshot->site_count + 1) * sizeof *in->main_path);
	memset(in->main_path, 0xff,
	       (in->profile->snapshot->site_count + 1) * sizeof *in->main_path);
	for (uint32_t i = 0; i < graph->path_count; i++) {
		uint32_t *largest = &in->main_path[graph->paths[i].site];

		if (*largest == HOLDERS_NONE ||
		    graph->paths[i].blocks > graph->paths[*largest].blocks)
			*largest = i;
		while (chain < graph->chain_count && graph->chains[chain].path < i)
			chain++; /* only in a file that libsilt.so did not write */
		in->chain_of[i] = chain;
		while (chain < graph->chain_count && graph->chains[chain].path == i)
			chain++;
	}
	in->chain_of[graph->path_count] = chain;
}

/* so few blocks may be an element that is just being inserted before the end of a list */
#define INSERTED 1

/* Returns the edge of this many blocks that leads outward; NULL: not known. From the end of a list
 * one direction alone leads to further blocks. From the anchor of a ring, or from both ends, both
 * do; the first recorded one goes on from the pointer that was met first. */
static const struct snapshot_edge *outward(const struct holders_inside *in, uint32_t path,
					   const struct snapshot_edge *const *edges, size_t count,
					   uint64_t blocks)
{
	const struct snapshot_edge *found = NULL;
	uint64_t most = 0;

	for (uint64_t c = in->chain_of[path]; c < in->chain_of[path + 1] && most <= INSERTED; c++) {
		const struct snapshot_chain *chain = &in->graph->chains[c];

		for (size_t i = 0; i < count; i++)
			if (!edges[i]->stride && edges[i]->offset == chain->offset &&
			    edges[i]->count == blocks && chain->blocks > most) {
				found = edges[i];
				most = chain->blocks;
			}
	}
	return found;
}

struct path_step holders_chain_by(const struct holders_inside *in, uint32_t path,
				  const struct snapshot_edge *const *edges, size_t count,
				  const struct snapshot_edge *best)
{
	const struct snapshot_edge *edge = NULL;

	if (path != HOLDERS_NONE && !best->stride)
		edge = outward(in, path, edges, count, best->count);
	if (!edge)
		edge = best;
	return (struct path_step){.offset = edge->offset,
				  .stride = edge->stride,
				  .target = edge->target_offset,
				  .repeats = true};
}

/* Stores the chain from block to block of one site, if some of the blocks were reached only by
 * it. */
static bool repeating_step(const struct holders_inside *in, uint32_t number, struct path_step *step)
{
	const struct snapshot_path *path = &in->graph->paths[number];
	const struct snapshot_edge *const *edges, *best;
	size_t count = holders_find_edges(in, false, path->site, path->site, &edges);
	uint64_t linked = 0;

	for (uint64_t i = 0; i < path->link_count; i++)
		linked += in->graph->links[path->first_link + i].blocks;
	best = holders_strongest_link(edges, count);
	/* a single block that points to itself is the head of an empty list, not a chain */
	if (!best || linked >= path->blocks || holders_live_blocks(in, path->site) < 2)
		return false;
	*step = holders_chain_by(in, number, edges, count, best);
	return true;
}

#define LONGEST_PATH 1000 /* blocks on a path where each is of another site */

/* Returns true if the path would lead through itself. */
static bool leads_back(const struct holders_inside *in, uint32_t path, uint32_t parent)
{
	for (uint64_t steps = 0; parent != HOLDERS_NONE; steps++) {
		uint32_t link;

		if (parent == path || steps > LONGEST_PATH)
			return true;
		link = in->parent_link[parent];
		parent = link == HOLDERS_NONE ? HOLDERS_NONE : in->graph->links[link].parent;
	}
	return false;
}

/* Returns true if this link of the path is better than the one chosen so far. Of equal links the
 * first in the object wins: the head of a list before its tail. */
static bool is_better(const struct holders_inside *in, uint32_t path,
		      const struct snapshot_link *link)
{
	const struct snapshot_link *chosen = in->parent_link[path] == HOLDERS_NONE
						     ? NULL
						     : &in->graph->links[in->parent_link[path]];

	if (link->parent != HOLDERS_NONE &&
	    in->graph->paths[link->parent].root != in->graph->paths[path].root)
		return false; /* only in a file that libsilt.so did not write */
	if (!chosen || link->blocks != chosen->blocks)
		return !chosen || link->blocks > chosen->blocks;
	return link->parent == chosen->parent && link->offset < chosen->offset;
}

/* Chooses the best link among those from earlier paths, or among all links that do not lead
 * back. */
static void choose_parent(struct holders_inside *in, uint32_t i, bool from_earlier)
{
	const struct snapshot_path *path = &in->graph->paths[i];

	for (uint64_t l = path->first_link; l < path->first_link + path->link_count; l++) {
		const struct snapshot_link *link = &in->graph->links[l];
		bool earlier = link->parent == HOLDERS_NONE || link->parent < i;

		if (is_better(in, i, link) &&
		    (from_earlier ? earlier : !leads_back(in, i, link->parent)))
			in->parent_link[i] = (uint32_t)l;
	}
}

/* Paths are in the order in which they were first reached, each from the root or from an earlier
 * path, which makes a tree. The second pass replaces that parent by the one from which most
 * blocks were reached, unless that one hangs from the path itself. */
void holders_choose_parents(struct holders_inside *in)
{
	in->parent_link = mem_alloc((in->graph->path_count + 1) * sizeof *in->parent_link);
	memset(in->parent_link, 0xff, (in->graph->path_count + 1) * sizeof *in->parent_link);
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < in->graph->path_count; i++)
			choose_parent(in, i, pass == 0);
}

struct path_step *holders_steps(const struct holders *holders, const struct holder_path *path,
				size_t *count)
{
	const struct holders_inside *in = (const struct holders_inside *)holders;
	uint32_t numbers[HOLDERS_MAX_STEPS] = {0}, depth = 0, link;
	struct path_step *steps = mem_zeroed(2 * HOLDERS_MAX_STEPS, sizeof *steps);
	const struct snapshot_path *first;

	if (path->steps) {
		memcpy(steps, path->steps, path->step_count * sizeof *steps);
		*count = path->step_count;
		return steps;
	}

	*count = 0;
	for (uint32_t number = path->number; number != HOLDERS_NONE && depth < HOLDERS_MAX_STEPS;
	     depth++) {
		numbers[depth] = number;
		link = in->parent_link[number];
		number = link == HOLDERS_NONE ? HOLDERS_NONE : in->graph->links[link].parent;
	}
	first = &in->graph->paths[numbers[depth - 1]];
	for (uint32_t at = depth; at-- > 0;) {
		const struct snapshot_path *to = &in->graph->paths[numbers[at]];
		uint64_t offset;

		link = in->parent_link[numbers[at]];
		offset = link == HOLDERS_NONE ? 0 : in->graph->links[link].offset;
		if (at == depth - 1)
			steps[(*count)++] =
				holders_make_step(in, true, first->root, to->site, offset);
		else
			steps[(*count)++] =
				holders_make_step(in, false, in->graph->paths[numbers[at + 1]].site,
						  to->site, offset);
		if (repeating_step(in, numbers[at], &steps[*count]))
			(*count)++;
	}
	return steps;
}

/* Returns the beginning of a path for a root without a known variable. */
static char *root_text(const struct holder *holder, const struct snapshot_root *root)
{
	const char *slash = holder->module ? strrchr(holder->module, '/') : NULL;

	switch (root->kind) {
	case SILT_ROOT_GLOBAL:
		return mem_format("%s+0x%" PRIx64,
				  slash		   ? slash + 1
				  : holder->module ? holder->module
						   : "?",
				  root->address);
	case SILT_ROOT_TLS:
		if (root->flags & (SILT_ROOT_ARGUMENT | SILT_ROOT_SPECIFIC))
			return mem_string(root->flags & SILT_ROOT_ARGUMENT ? "argument"
									   : "specific data");
		return root->module == SNAPSHOT_NO_MODULE
			       ? mem_format("thread record+0x%" PRIx64, root->address)
			       : mem_format("%s thread-local+0x%" PRIx64,
					    slash ? slash + 1 : holder->module, root->address);
	case SILT_ROOT_STACK:
		return mem_format("%s stack", holder->symbol ? holder->symbol : "?");
	case SILT_ROOT_REGISTER:
		return mem_string("register");
	case SILT_ROOT_REGION:
		return mem_format("region 0x%" PRIx64, root->address);
	case SILT_ROOT_IGNORED:
		return mem_string("ignored");
	default:
		return mem_format("mapping 0x%" PRIx64, root->address);
	}
}

static char *stack_path(const struct holders_inside *in, const struct snapshot_root *root,
			struct path_step *steps, size_t count)
{
	const struct snapshot_pc *pc;
	const char *name, *file;
	unsigned line;

	if (root->pc == HOLDERS_NONE)
		return NULL;
	pc = &in->profile->snapshot->pcs[root->pc];
	return symbolizer_local_path(
		holders_symbolizer(in), holders_module(in, pc->module), pc->address, pc->exact,
		(int64_t)(steps[0].offset - root->size), steps, count, &name, &file, &line);
}

/* a field repeated so often is a chain or a tree, of which one step says as much */
#define REPEATED 3

/* Returns the length of a step in a path's text, such as "->kid[1]" or "->next". */
static size_t step_length(const char *step)
{
	const char *next = strstr(step + 2, "->");

	return next ? (size_t)(next - step) : strlen(step);
}

/* Returns the next character of a step outside brackets; NULL: there is none. */
static const char *outside_brackets(const char *at, const char *end)
{
	while (at < end && *at == '[') {
		const char *close = memchr(at, ']', (size_t)(end - at));

		at = close ? close + 1 : end;
	}
	return at < end ? at : NULL;
}

static bool same_step(const char *a, size_t length_a, const char *b, size_t length_b)
{
	const char *end_a = a + length_a, *end_b = b + length_b;

	for (;;) {
		a = outside_brackets(a, end_a);
		b = outside_brackets(b, end_b);
		if (!a || !b || *a != *b)
			return !a && !b;
		a++;
		b++;
	}
}

/* Removes what is in brackets; returns the length that is left. */
static size_t empty_brackets(char *step, size_t length)
{
	char *to = step;
	bool inside = false;

	for (size_t i = 0; i < length; i++) {
		inside &= step[i] != ']';
		if (!inside)
			*to++ = step[i];
		inside |= step[i] == '[';
	}
	return (size_t)(to - step);
}

void holders_fold_path(char *text)
{
	char *step = strstr(text, "->"), *to = step;

	while (step && *step) {
		size_t length = step_length(step), count = 1;
		char *next = step + length;
		bool alike = true;

		while (*next && same_step(step, length, next, step_length(next))) {
			alike &= step_length(next) == length && memcmp(step, next, length) == 0;
			next += step_length(next);
			count++;
		}
		if (count < REPEATED)
			next = step + length;
		else if (!alike)
			length = empty_brackets(step, length);
		memmove(to, step, length);
		to += length;
		step = next;
	}
	if (to)
		*to = '\0';
}

const char *holders_path(const struct holders *holders, struct holder_path *path)
{
	const struct holders_inside *in = (const struct holders_inside *)holders;
	const struct snapshot_root *root = &in->graph->roots[path->root];
	const struct variable *variable = in->variables[path->root];
	struct path_step *steps;
	size_t count;
	char *text;

	if (path->text)
		return path->text;
	steps = holders_steps(holders, path, &count);
	if (root->kind == SILT_ROOT_STACK)
		path->text = stack_path(in, root, steps, count);
	if (variable)
		steps[0].offset += root->address - variable->address;
	if (!path->text) {
		text = root_text(in->holder_of[path->root], root);
		path->text =
			symbolizer_path(holders_symbolizer(in), holders_module(in, root->module),
					variable, text, steps, count);
		free(text);
	}
	holders_fold_path(path->text);
	free(steps);
	return path->text;
}

uint32_t holders_parent(const struct holders *holders, uint32_t path)
{
	const struct holders_inside *in = (const struct holders_inside *)holders;
	uint32_t link = in->parent_link[path];

	return link == HOLDERS_NONE ? HOLDERS_NONE : in->graph->links[link].parent;
}

const struct snapshot_edge *const *holders_edges(const struct holders *holders, size_t *count)
{
	const struct holders_inside *in = (const struct holders_inside *)holders;

	*count = in->graph->edge_count;
	return in->edges;
}
