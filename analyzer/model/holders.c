/*
 * Finds who holds the live blocks: see holders.h.
 *
 * The snapshot has roots as libsilt.so could identify them: by symbol, else by word. Here they
 * become variables; the words of one variable are one holder.
 */
#include "model/holders_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "symbolize/symbolize.h"
#include "symbolize/variable.h"
#include "util/mem.h"

/* -- roots become holders -- */

struct holder_key {
	uint64_t kind, module, thread, place;
};

struct keyed {
	struct holder_key key;
	struct holder *holder;
	UT_hash_handle hh;
};

void holders_name_function(const struct holders_inside *in, const struct snapshot_pc *pc,
			   struct holder *holder)
{
	const struct frame *frames, *frame;
	size_t count = symbolizer_frames(holders_symbolizer(in), holders_module(in, pc->module),
					 pc->address, pc->exact, &frames);

	/* the function that has the frame, not one inlined into it */
	frame = &frames[count - 1];
	holder->symbol = frame->function;
	holder->file = frame->from_symtab ? NULL : frame->file;
	holder->line = holder->file ? frame->line : 0;
	holder->module = frame->module_path;
	holder->address = frame->address;
}

static const struct frame *thread_start(const struct holders_inside *in,
					const struct snapshot_thread *thread)
{
	const struct frame *frames;

	if (!thread->record.start_module ||
	    !symbolizer_frames(holders_symbolizer(in),
			       holders_module(in, thread->record.start_module - 1),
			       thread->record.start_address, true, &frames))
		return NULL;
	return frames;
}

/* Names the thread's start function, whose argument the root is. */
static void name_start(const struct holders_inside *in, struct holder *holder)
{
	const struct frame *frame = holder->thread ? thread_start(in, holder->thread) : NULL;

	if (!frame)
		return;
	holder->symbol = frame->function;
	holder->file = frame->from_symtab ? NULL : frame->file;
	holder->line = holder->file ? frame->line : 0;
	holder->module = frame->module_path;
}

static void describe(const struct holders_inside *in, const struct snapshot_root *root,
		     const struct variable *variable, struct holder *holder)
{
	holder->kind = root->kind;
	holder->flags = root->flags;
	holder->address = root->address;
	if (root->thread != HOLDERS_NONE)
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
		if (root->pc != HOLDERS_NONE)
			holders_name_function(in, &in->profile->snapshot->pcs[root->pc], holder);
	} else if (root->flags & SILT_ROOT_ARGUMENT) {
		name_start(in, holder);
	}
}

static struct holder *add_holder(struct holders_inside *in)
{
	struct holder *holder = mem_zeroed(1, sizeof *holder);

	// NOLINTNEXTLINE(bugprone-sizeof-expression)
	MEM_GROW(in->public.list, in->public.count, in->capacity);
	in->public.list[in->public.count++] = holder;
	return holder;
}

static void make_holders(struct holders_inside *in)
{
	struct keyed *table = NULL, *entry, *next;

	in->variables = mem_zeroed(in->graph->root_count, sizeof(struct variable *));
	in->holder_of = mem_zeroed(in->graph->root_count, sizeof(struct holder *));
	for (uint64_t i = 0; i < in->graph->root_count; i++) {
		const struct snapshot_root *root = &in->graph->roots[i];
		struct holder_key key = {root->kind, root->module, root->thread, root->address};

		if (root->module != SNAPSHOT_NO_MODULE)
			in->variables[i] = symbolizer_variable(
				holders_symbolizer(in), holders_module(in, root->module),
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

/* -- what holders retain -- */

/* A set of roots becomes a set of holders. */
struct shared {
	const struct holder *members[3];
	struct holder *holder;
	UT_hash_handle hh;
};

/* Returns the entry that stands for these holders together; without members, the entry for
 * blocks that too many roots hold. */
static struct holder *shared_holder(struct holders_inside *in, struct shared **table,
				    struct holder **members, size_t count)
{
	struct shared *entry, key = {.holder = NULL};
	struct holder *shared;

	for (size_t i = 0; i < count; i++)
		key.members[i] = members[i];
	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, *table, key.members, sizeof key.members, entry);
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
	const struct holder *x = *(const struct holder *const *)a,
			    *y = *(const struct holder *const *)b;

	if (x->held_bytes != y->held_bytes)
		return x->held_bytes < y->held_bytes ? 1 : -1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* Stores the distinct holders of a set of roots, first the one that reached most blocks first. */
static size_t distinct(const struct holders_inside *in, const struct snapshot_holder *set,
		       struct holder **members)
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

static void retain(struct holders_inside *in)
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

/* -- the whole -- */

static int compare_paths(const void *a, const void *b)
{
	const struct holder_path *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void list_paths(struct holders_inside *in)
{
	for (uint32_t i = 0; i < in->graph->path_count; i++)
		in->holder_of[in->graph->paths[i].root]->path_count++;
	for (size_t i = 0; i < in->public.count; i++) {
		in->public.list[i]->paths = mem_zeroed(in->public.list[i]->path_count,
						       sizeof *in->public.list[i]->paths);
		in->public.list[i]->path_count = 0;
	}
	for (uint32_t i = 0; i < in->graph->path_count; i++) {
		const struct snapshot_path *path = &in->graph->paths[i];
		struct holder *holder = in->holder_of[path->root];

		holder->paths[holder->path_count++] =
			(struct holder_path){.site = &in->profile->sites[path->site],
					     .blocks = path->blocks,
					     .bytes = path->bytes,
					     .number = i,
					     .root = path->root};
		holder->held_blocks += path->blocks;
		holder->held_bytes += path->bytes;
	}
	for (size_t i = 0; i < in->public.count; i++)
		if (in->public.list[i]->path_count)
			qsort(in->public.list[i]->paths, in->public.list[i]->path_count,
			      sizeof *in->public.list[i]->paths, compare_paths);
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = *(const struct holder *const *)a,
			    *y = *(const struct holder *const *)b;

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
	struct holders_inside *in = mem_zeroed(1, sizeof *in);

	in->context = context;
	in->profile = profile;
	in->graph = &profile->snapshot->graph;
	make_holders(in);
	holders_sort_edges(in);
	holders_choose_parents(in);
	holders_index_chains(in);
	list_paths(in);
	retain(in);
	if (in->public.count)
		qsort(in->public.list, in->public.count, sizeof(struct holder *), compare_holders);
	return &in->public;
}

void holders_free(struct holders *holders)
{
	struct holders_inside *in = (struct holders_inside *)holders;

	if (!holders)
		return;
	for (size_t i = 0; i < holders->count; i++) {
		for (size_t p = 0; p < holders->list[i]->path_count; p++)
			free(holders->list[i]->paths[p].text);
		free(holders->list[i]->paths);
		free(holders->list[i]);
	}
	for (size_t i = 0; i < in->made_count; i++) {
		free(in->made[i]->text);
		free(in->made[i]->steps);
		free(in->made[i]->via);
		free(in->made[i]);
	}
	free(in->made);
	for (size_t i = 0; i < in->local_count; i++)
		free(in->locals[i]);
	free(in->locals);
	free(holders->list);
	free(in->variables);
	free(in->holder_of);
	free(in->parent_link);
	free(in->chain_of);
	free(in->main_path);
	free(in->edges);
	free(in);
}

const struct holder *holders_by_path(const struct holders *holders, uint32_t path,
				     struct holder_path **found)
{
	const struct holders_inside *in = (const struct holders_inside *)holders;
	struct holder *holder = in->holder_of[in->graph->paths[path].root];

	for (size_t i = 0; i < holder->path_count; i++)
		if (holder->paths[i].number == path)
			*found = &holder->paths[i];
	return holder;
}

const struct holder *holders_by_root(const struct holders *holders, uint32_t root)
{
	return ((const struct holders_inside *)holders)->holder_of[root];
}

char *holders_name(const struct holder *holder)
{
	const char *slash = holder->module ? strrchr(holder->module, '/') : NULL;
	const char *module = slash ? slash + 1 : holder->module;

	if (holder->local)
		return mem_format("local %s of %s", holder->local,
				  holder->symbol ? holder->symbol : "?");
	if (holder->kind == SILT_ROOT_STACK || holder->kind == SILT_ROOT_REGISTER) {
		if (holder->symbol)
			return mem_format("a local of %s", holder->symbol);
		return mem_string(holder->kind == SILT_ROOT_STACK ? "a stack" : "a register");
	}
	if (holder->flags & SILT_ROOT_ARGUMENT)
		return holder->symbol ? mem_format("the argument of the thread started with %s",
						   holder->symbol)
				      : mem_string("the argument of a thread");
	if (holder->flags & SILT_ROOT_SPECIFIC)
		return mem_string("thread-specific data");
	if (holder->symbol)
		return mem_string(holder->symbol);
	if (holder->kind == SILT_ROOT_TLS && !module)
		return mem_string("the thread's record");
	if (holder->kind == SILT_ROOT_IGNORED)
		return mem_string("blocks excused by silt_ignore()");
	if (module)
		return mem_format("%s+0x%" PRIx64, module, holder->address);
	return mem_format("mapping 0x%" PRIx64, holder->address);
}

const char *holders_root_name(uint32_t kind)
{
	static const char *const names[] = {"unknown", "global",   "tls",     "mapping",
					    "stack",   "register", "mapping", "none"};

	return kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

const char *holders_thread_start(const struct holders *holders,
				 const struct snapshot_thread *thread)
{
	const struct frame *frame = thread_start((const struct holders_inside *)holders, thread);

	return frame ? frame->function : NULL;
}

char *holders_thread_start_text(const struct holders *holders, const struct snapshot_thread *thread)
{
	const struct frame *frame = thread_start((const struct holders_inside *)holders, thread);

	if (!frame || !(frame->function || frame->module))
		return mem_string("the same function");
	return frame->function ? mem_string(frame->function)
			       : mem_format("%s+0x%" PRIx64, frame->module, frame->address);
}
