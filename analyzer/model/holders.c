/*
 * Who holds the live blocks: see holders.h.
 * Called by commands.
 * Must not: print, know files on disk.
 *
 * The snapshot has roots as the library could tell them: by symbol where there are symbols, else by word. Here they become
 * variables; words of one variable are one holder. Paths come from the folded breadth-first forest: of a site's several
 * parents the one that most of its blocks were reached from.
 */
#include "model/holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

#define NONE UINT32_MAX

struct internals {
	struct holders public;
	struct profile_context *context;
	const struct profile *profile;
	const struct snapshot_graph *graph;
	const struct variable **variables;  /* by root */
	struct holder **holder_of;	    /* by root */
	uint32_t *parent_link;		    /* by path: index of the chosen link, or NONE */
	const struct snapshot_edge **edges; /* sorted */
	size_t capacity;
};

/* -- roots become holders -- */

struct holder_key {
	uint64_t kind, module, thread, place;
};

struct keyed {
	struct holder_key key;
	struct holder *holder;
	UT_hash_handle hh;
};

static const struct symbol_module *symbol_module(const struct internals *in, uint32_t module)
{
	return module == SNAPSHOT_NO_MODULE ? NULL : in->profile->modules[module];
}

static struct symbolizer *symbolizer(const struct internals *in)
{
	return profile_context_symbolizer(in->context);
}

static void name_frame(const struct internals *in, const struct snapshot_root *root, struct holder *holder)
{
	const struct frame *frames, *frame;
	const struct snapshot_pc *pc;
	size_t count;

	if (root->pc == NONE)
		return;
	pc = &in->profile->snapshot->pcs[root->pc];
	count = symbolizer_frames(symbolizer(in), symbol_module(in, pc->module), pc->address, pc->exact,
				  &frames);
	frame = &frames[count - 1]; /* the function whose frame it is, not what was inlined into it */
	holder->symbol = frame->function;
	holder->file = frame->from_symtab ? NULL : frame->file;
	holder->line = holder->file ? frame->line : 0;
	holder->module = frame->module_path;
	holder->address = frame->address;
}

static void describe(const struct internals *in, const struct snapshot_root *root,
		     const struct variable *variable, struct holder *holder)
{
	holder->kind = root->kind;
	holder->address = root->address;
	if (root->thread != NONE)
		holder->thread = &in->graph->threads[root->thread];
	if (root->module != SNAPSHOT_NO_MODULE)
		holder->module = in->profile->snapshot->modules[root->module].path;
	if (variable) {
		holder->symbol = variable->name;
		holder->type = variable->type;
		holder->file = variable->file;
		holder->line = variable->line;
		holder->address = variable->address;
	} else if (root->kind == SILT_ROOT_STACK) {
		name_frame(in, root, holder);
	}
}

static struct holder *add_holder(struct internals *in)
{
	struct holder *holder = mem_zeroed(1, sizeof *holder);

	MEM_GROW(in->public.list, in->public.count, in->capacity); // NOLINT(bugprone-sizeof-expression)
	in->public.list[in->public.count++] = holder;
	return holder;
}

static void make_holders(struct internals *in)
{
	struct keyed *table = NULL, *entry, *next;

	in->variables = mem_zeroed(in->graph->root_count, sizeof(struct variable *));
	in->holder_of = mem_zeroed(in->graph->root_count, sizeof(struct holder *));
	for (uint64_t i = 0; i < in->graph->root_count; i++) {
		const struct snapshot_root *root = &in->graph->roots[i];
		struct holder_key key = {root->kind, root->module, root->thread, root->address};

		if (root->module != SNAPSHOT_NO_MODULE)
			in->variables[i] =
				symbolizer_variable(symbolizer(in), symbol_module(in, root->module),
						    root->address, root->kind == SILT_ROOT_TLS);
		if (in->variables[i])
			key.place = in->variables[i]->address;
		HASH_FIND(hh, table, &key, sizeof key, entry); // NOLINT(clang-analyzer-core.*)
		if (!entry) {
			entry = mem_zeroed(1, sizeof *entry);
			entry->key = key;
			entry->holder = add_holder(in);
			describe(in, root, in->variables[i], entry->holder);
			HASH_ADD(hh, table, key, sizeof key, entry);
		}
		in->holder_of[i] = entry->holder;
	}
	HASH_ITER(hh, table, entry, next)
	{
		HASH_DEL(table, entry);
		free(entry);
	}
}

/* -- what they retain -- */

/* Sets of roots become sets of holders. */
struct shared {
	const struct holder *members[3];
	struct holder *holder;
	UT_hash_handle hh;
};

/* The entry that stands for these holders together; for none: for blocks that too many roots hold. */
static struct holder *shared_holder(struct internals *in, struct shared **table, struct holder **members,
				    size_t count)
{
	struct shared *entry, key = {.holder = NULL};
	struct holder *shared;

	for (size_t i = 0; i < count; i++)
		key.members[i] = members[i];
	HASH_FIND(hh, *table, key.members, sizeof key.members, entry); // NOLINT(clang-analyzer-core.*)
	if (entry)
		return entry->holder;
	shared = add_holder(in);
	if (count) {
		*shared = *members[0];
		shared->paths = NULL;
		shared->path_count = 0;
		shared->retained_blocks = shared->retained_bytes = 0;
		shared->held_blocks = shared->held_bytes = 0;
	}
	shared->many = count == 0;
	shared->sharer_count = count;
	memcpy(shared->sharers, key.members, sizeof shared->sharers);
	entry = mem_zeroed(1, sizeof *entry);
	memcpy(entry->members, key.members, sizeof entry->members);
	entry->holder = shared;
	HASH_ADD(hh, *table, members, sizeof entry->members, entry);
	return shared;
}

static int compare_held(const void *a, const void *b)
{
	const struct holder *x = *(const struct holder *const *)a, *y = *(const struct holder *const *)b;

	if (x->held_bytes != y->held_bytes)
		return x->held_bytes < y->held_bytes ? 1 : -1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* The distinct holders of a set of roots, the one that was first at most blocks in front. */
static size_t distinct(const struct internals *in, const struct snapshot_holder *set, struct holder **members)
{
	size_t count = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		struct holder *holder = in->holder_of[set->roots[i]];
		size_t at = 0;

		while (at < count && members[at] != holder)
			at++;
		if (at == count)
			members[count++] = holder;
	}
	if (count > 1)
		qsort(members, count, sizeof(struct holder *), compare_held);
	return count;
}

static void retain(struct internals *in)
{
	struct shared *table = NULL, *entry, *next;

	for (uint64_t i = 0; i < in->graph->holder_count; i++) {
		const struct snapshot_holder *set = &in->graph->holders[i];
		struct holder *members[3] = {NULL}, *holder;
		size_t count = distinct(in, set, members);

		holder = count == 1 ? members[0] : shared_holder(in, &table, members, count);
		holder->retained_blocks += set->blocks;
		holder->retained_bytes += set->bytes;
	}
	HASH_ITER(hh, table, entry, next)
	{
		HASH_DEL(table, entry);
		free(entry);
	}
}

/* -- paths -- */

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

static void sort_edges(struct internals *in)
{
	in->edges = mem_zeroed(in->graph->edge_count, sizeof(struct snapshot_edge *));
	for (uint64_t i = 0; i < in->graph->edge_count; i++)
		in->edges[i] = &in->graph->edges[i];
	if (in->graph->edge_count)
		qsort(in->edges, in->graph->edge_count, sizeof(struct snapshot_edge *), compare_edges);
}

/* The edges from one source to one site: the first, and how many. */
static size_t find_edges(const struct internals *in, bool from_root, uint32_t source, uint32_t target,
			 const struct snapshot_edge *const **first)
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
	while (low + count < in->graph->edge_count && in->edges[low + count]->from_root == from_root &&
	       in->edges[low + count]->source == source && in->edges[low + count]->target == target)
		count++;
	return count;
}

#define ARRAY_OFFSETS 4 /* as many places at equal distances are an array */

/* The places at which the edges lie, if they are an array. */
static bool is_array(const struct snapshot_edge *const *edges, size_t count, struct path_step *step)
{
	uint64_t stride;

	if (count < ARRAY_OFFSETS)
		return false;
	stride = edges[1]->offset - edges[0]->offset;
	if (stride == 0) /* in a damaged file only */
		return false;
	for (size_t i = 0; i < count; i++)
		if (edges[i]->stride || (i > 1 && (edges[i]->offset - edges[0]->offset) % stride))
			return false;
	step->offset = edges[0]->offset;
	step->stride = stride;
	return true;
}

static struct path_step make_step(const struct internals *in, bool from_root, uint32_t source,
				  uint32_t target, uint64_t offset)
{
	struct path_step step = {.offset = offset};
	const struct snapshot_edge *const *edges;
	size_t count = find_edges(in, from_root, source, target, &edges);

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

/* The chain from block to block of one site, if some of them were reached only by it. */
static bool repeating_step(const struct internals *in, uint32_t number, struct path_step *step)
{
	const struct snapshot_path *path = &in->graph->paths[number];
	const struct snapshot_edge *const *edges, *best = NULL;
	size_t count = find_edges(in, false, path->site, path->site, &edges);
	uint64_t linked = 0;

	for (uint64_t i = 0; i < path->link_count; i++)
		linked += in->graph->links[path->first_link + i].blocks;
	for (size_t i = 0; i < count; i++)
		if (!best || edges[i]->count > best->count)
			best = edges[i];
	if (!best || linked >= path->blocks)
		return false;
	*step = (struct path_step){best->offset, best->stride, best->target_offset, true};
	return true;
}

#define LONGEST_PATH 1000 /* blocks on it, where each is of another site */

/* Would the path lead through itself? */
static bool leads_back(const struct internals *in, uint32_t path, uint32_t parent)
{
	for (uint64_t steps = 0; parent != NONE; steps++) {
		uint32_t link;

		if (parent == path || steps > LONGEST_PATH)
			return true;
		link = in->parent_link[parent];
		parent = link == NONE ? NONE : in->graph->links[link].parent;
	}
	return false;
}

/* In the order in which they were first reached, so that most parents are known before their children. */
static void choose_parents(struct internals *in)
{
	in->parent_link = mem_alloc((in->graph->path_count + 1) * sizeof *in->parent_link);
	memset(in->parent_link, 0xff, (in->graph->path_count + 1) * sizeof *in->parent_link);
	for (uint32_t i = 0; i < in->graph->path_count; i++) {
		const struct snapshot_path *path = &in->graph->paths[i];

		for (uint64_t l = path->first_link; l < path->first_link + path->link_count; l++) {
			const struct snapshot_link *link = &in->graph->links[l];
			uint32_t chosen = in->parent_link[i];

			if (link->parent != NONE && in->graph->paths[link->parent].root != path->root)
				continue; /* not what the library writes */
			if ((chosen == NONE || link->blocks > in->graph->links[chosen].blocks) &&
			    !leads_back(in, i, link->parent))
				in->parent_link[i] = (uint32_t)l;
		}
	}
}

#define MAX_STEPS 64

struct path_step *holders_steps(const struct holders *holders, const struct holder_path *path, size_t *count)
{
	const struct internals *in = (const struct internals *)holders;
	uint32_t numbers[MAX_STEPS] = {0}, depth = 0, link;
	struct path_step *steps = mem_zeroed(2 * MAX_STEPS, sizeof *steps);
	const struct snapshot_path *first;

	*count = 0;
	for (uint32_t number = path->number; number != NONE && depth < MAX_STEPS; depth++) {
		numbers[depth] = number;
		link = in->parent_link[number];
		number = link == NONE ? NONE : in->graph->links[link].parent;
	}
	first = &in->graph->paths[numbers[depth - 1]];
	for (uint32_t at = depth; at-- > 0;) {
		const struct snapshot_path *to = &in->graph->paths[numbers[at]];
		uint64_t offset;

		link = in->parent_link[numbers[at]];
		offset = link == NONE ? 0 : in->graph->links[link].offset;
		if (at == depth - 1)
			steps[(*count)++] = make_step(in, true, first->root, to->site, offset);
		else
			steps[(*count)++] = make_step(in, false, in->graph->paths[numbers[at + 1]].site,
						      to->site, offset);
		if (repeating_step(in, numbers[at], &steps[*count]))
			(*count)++;
	}
	return steps;
}

/* How a path begins where no variable is known. */
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
		return root->module == SNAPSHOT_NO_MODULE
			       ? mem_format("thread record+0x%" PRIx64, root->address)
			       : mem_format("%s thread-local+0x%" PRIx64, slash ? slash + 1 : holder->module,
					    root->address);
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

static char *stack_path(const struct internals *in, const struct snapshot_root *root, struct path_step *steps,
			size_t count, struct holder_path *path)
{
	const struct snapshot_pc *pc;
	const char *name, *file;
	unsigned line;

	(void)path;
	if (root->pc == NONE)
		return NULL;
	pc = &in->profile->snapshot->pcs[root->pc];
	return symbolizer_local_path(symbolizer(in), symbol_module(in, pc->module), pc->address, pc->exact,
				     (int64_t)(steps[0].offset - root->size), steps, count, &name, &file,
				     &line);
}

const char *holders_path(const struct holders *holders, struct holder_path *path)
{
	const struct internals *in = (const struct internals *)holders;
	uint32_t number = in->graph->paths[path->number].root;
	const struct snapshot_root *root = &in->graph->roots[number];
	const struct variable *variable = in->variables[number];
	struct path_step *steps;
	size_t count;
	char *text;

	if (path->text)
		return path->text;
	steps = holders_steps(holders, path, &count);
	if (root->kind == SILT_ROOT_STACK)
		path->text = stack_path(in, root, steps, count, path);
	if (variable)
		steps[0].offset += root->address - variable->address;
	if (!path->text) {
		text = root_text(in->holder_of[number], root);
		path->text = symbolizer_path(symbolizer(in), symbol_module(in, root->module), variable, text,
					     steps, count);
		free(text);
	}
	free(steps);
	return path->text;
}

static int compare_paths(const void *a, const void *b)
{
	const struct holder_path *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void list_paths(struct internals *in)
{
	for (uint32_t i = 0; i < in->graph->path_count; i++)
		in->holder_of[in->graph->paths[i].root]->path_count++;
	for (size_t i = 0; i < in->public.count; i++) {
		in->public.list[i]->paths =
			mem_zeroed(in->public.list[i]->path_count, sizeof *in->public.list[i]->paths);
		in->public.list[i]->path_count = 0;
	}
	for (uint32_t i = 0; i < in->graph->path_count; i++) {
		const struct snapshot_path *path = &in->graph->paths[i];
		struct holder *holder = in->holder_of[path->root];

		holder->paths[holder->path_count++] = (struct holder_path){
			&in->profile->sites[path->site], path->blocks, path->bytes, i, NULL};
		holder->held_blocks += path->blocks;
		holder->held_bytes += path->bytes;
	}
	for (size_t i = 0; i < in->public.count; i++)
		if (in->public.list[i]->path_count)
			qsort(in->public.list[i]->paths, in->public.list[i]->path_count,
			      sizeof *in->public.list[i]->paths, compare_paths);
}

/* -- all -- */

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = *(const struct holder *const *)a, *y = *(const struct holder *const *)b;

	if (x->retained_bytes != y->retained_bytes)
		return x->retained_bytes < y->retained_bytes ? 1 : -1;
	if (x->held_bytes != y->held_bytes)
		return x->held_bytes < y->held_bytes ? 1 : -1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

struct holders *holders_new(struct profile_context *context, const struct profile *profile)
{
	struct internals *in = mem_zeroed(1, sizeof *in);

	in->context = context;
	in->profile = profile;
	in->graph = &profile->snapshot->graph;
	make_holders(in);
	sort_edges(in);
	choose_parents(in);
	list_paths(in);
	retain(in);
	if (in->public.count)
		qsort(in->public.list, in->public.count, sizeof(struct holder *), compare_holders);
	return &in->public;
}

void holders_free(struct holders *holders)
{
	struct internals *in = (struct internals *)holders;

	if (!holders)
		return;
	for (size_t i = 0; i < holders->count; i++) {
		for (size_t p = 0; p < holders->list[i]->path_count; p++)
			free(holders->list[i]->paths[p].text);
		free(holders->list[i]->paths);
		free(holders->list[i]);
	}
	free(holders->list);
	free(in->variables);
	free(in->holder_of);
	free(in->parent_link);
	free(in->edges);
	free(in);
}

const struct holder *holders_by_path(const struct holders *holders, uint32_t path, struct holder_path **found)
{
	const struct internals *in = (const struct internals *)holders;
	struct holder *holder = in->holder_of[in->graph->paths[path].root];

	for (size_t i = 0; i < holder->path_count; i++)
		if (holder->paths[i].number == path)
			*found = &holder->paths[i];
	return holder;
}

uint32_t holders_parent(const struct holders *holders, uint32_t path)
{
	const struct internals *in = (const struct internals *)holders;
	uint32_t link = in->parent_link[path];

	return link == NONE ? NONE : in->graph->links[link].parent;
}

const char *holders_root_name(uint32_t kind)
{
	static const char *const names[] = {"unknown", "global",   "tls",     "mapping",
					    "stack",   "register", "mapping", "none"};

	return kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

static const struct frame *thread_start(const struct holders *holders, const struct snapshot_thread *thread)
{
	const struct internals *in = (const struct internals *)holders;
	const struct frame *frames;

	if (!thread->record.start_module ||
	    !symbolizer_frames(symbolizer(in), symbol_module(in, thread->record.start_module - 1),
			       thread->record.start_address, true, &frames))
		return NULL;
	return frames;
}

const char *holders_thread_start(const struct holders *holders, const struct snapshot_thread *thread)
{
	const struct frame *frame = thread_start(holders, thread);

	return frame ? frame->function : NULL;
}

char *holders_thread_start_text(const struct holders *holders, const struct snapshot_thread *thread)
{
	const struct frame *frame = thread_start(holders, thread);

	if (!frame || !(frame->function || frame->module))
		return mem_string("the same function");
	return frame->function ? mem_string(frame->function)
			       : mem_format("%s+0x%" PRIx64, frame->module, frame->address);
}
