/*
 * Finds the local variables that are holders: see holders_local() in holders.h.
 * Must not: print.
 *
 * A function keeps a pointer in a register that callees preserve. When it makes a call, the
 * register keeps its value, or an inner function saves it in its own frame. So the value in the
 * innermost frame's register, or in a slot where a frame has saved it, belongs to the next outer
 * function that has itself saved the register for its caller: only such a function has put a value
 * of its own into the register.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/holders.h"
#include "model/holders_inside.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "symbolize/symbolize.h"
#include "symbolize/variable.h"
#include "util/mem.h"

/* A place of a value: in a frame's memory (number < 0), or in a register as that frame sees it. */
struct place {
	const struct snapshot_frame *frames;
	uint64_t count, at;
	int number;
	int64_t cfa_offset;
};

static const struct snapshot_stack *stack_of(const struct holders_inside *in,
					     const struct snapshot_root *root)
{
	for (uint64_t i = 0; i < in->graph->stack_count; i++)
		if (in->graph->stacks[i].thread == root->thread)
			return &in->graph->stacks[i];
	return NULL;
}

/* Returns the DWARF number of a word of struct user_regs_struct, in which the kernel reports
 * general registers; -1: none. */
static int number_of(const struct holders_inside *in, uint64_t word)
{
	/* System V ABI, AMD64 supplement, figure 3.36 */
	static const int x86_64[] = {15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5};

	if (in->profile->snapshot->process.machine == EM_AARCH64)
		return word < 31 ? (int)word : -1;
	return word < sizeof x86_64 / sizeof x86_64[0] ? x86_64[word] : -1;
}

/* Returns true if callees preserve the register. */
static bool is_preserved(const struct holders_inside *in, int number)
{
	if (in->profile->snapshot->process.machine == EM_AARCH64)
		return number >= 19 && number <= 29;
	return number == 3 || number == 6 || (number >= 12 && number <= 15);
}

static const struct snapshot_pc *pc_of(const struct holders_inside *in, const struct place *place)
{
	uint32_t pc = place->frames[place->at].pc;

	return pc == HOLDERS_NONE ? NULL : &in->profile->snapshot->pcs[pc];
}

/* Goes outwards to the function that owns the value; returns false if it is unknown. */
static bool find_owner(const struct holders_inside *in, struct place *place)
{
	for (; place->at < place->count; place->at++) {
		const struct snapshot_pc *pc = pc_of(in, place);

		if (!pc)
			return false;
		if (!is_preserved(in, place->number) ||
		    symbolizer_saves(holders_symbolizer(in), holders_module(in, pc->module),
				     pc->address, pc->exact, (unsigned)place->number))
			return true;
	}
	return false;
}

static bool find_in_memory(const struct holders_inside *in, uint64_t address, struct place *place)
{
	const struct snapshot_pc *pc;

	while (place->at < place->count && place->frames[place->at].cfa <= address)
		place->at++;
	if (place->at == place->count || !(pc = pc_of(in, place)))
		return false;
	place->cfa_offset = (int64_t)(address - place->frames[place->at].cfa);
	place->number = symbolizer_saved_at(holders_symbolizer(in), holders_module(in, pc->module),
					    pc->address, pc->exact, place->cfa_offset);
	if (place->number < 0)
		return true;
	place->at++;
	return find_owner(in, place);
}

static bool find_place(const struct holders_inside *in, const struct snapshot_root *root,
		       uint64_t offset, struct place *place)
{
	const struct snapshot_stack *stack =
		root->thread == HOLDERS_NONE ? NULL : stack_of(in, root);

	if (!stack)
		return false;
	*place = (struct place){.frames = in->graph->frames + stack->first_frame,
				.count = stack->frame_count};
	if (root->kind == SILT_ROOT_STACK)
		return find_in_memory(in, root->address + offset, place);
	place->number = number_of(in, (root->address + offset) / 8);
	return place->number >= 0 && find_owner(in, place);
}

static struct holder *known(struct holders_inside *in, const struct holder *wanted)
{
	struct holder *holder;

	for (size_t i = 0; i < in->local_count; i++) {
		holder = in->locals[i];
		if (holder->thread == wanted->thread && holder->address == wanted->address &&
		    holder->local == wanted->local)
			return holder;
	}
	holder = mem_zeroed(1, sizeof *holder);
	*holder = *wanted;
	// NOLINTNEXTLINE(bugprone-sizeof-expression)
	MEM_GROW(in->locals, in->local_count, in->local_capacity);
	in->locals[in->local_count++] = holder;
	return holder;
}

/* Returns the function that owns the value at this offset of the root, and its variable, with
 * which `*text` then begins. */
static const struct holder *owner_at(struct holders_inside *in, const struct holder_path *path,
				     struct path_step *steps, size_t count, uint64_t offset,
				     char **text)
{
	const struct snapshot_root *root = &in->graph->roots[path->root];
	struct holder holder = *in->holder_of[path->root];
	const struct snapshot_pc *pc;
	struct place place;

	*text = NULL;
	if (!find_place(in, root, offset, &place))
		return NULL;
	pc = pc_of(in, &place);
	holders_name_function(in, pc, &holder);
	*text = place.number < 0
			? symbolizer_local_path(holders_symbolizer(in),
						holders_module(in, pc->module), pc->address,
						pc->exact, place.cfa_offset, steps, count,
						&holder.local, &holder.file, &holder.line)
			: symbolizer_register_path(holders_symbolizer(in),
						   holders_module(in, pc->module), pc->address,
						   pc->exact, (unsigned)place.number, steps, count,
						   &holder.local, &holder.file, &holder.line);
	return known(in, &holder);
}

/* Several words of a frame, or registers, may lead to the same blocks: returns the owner of one
 * that debug information knows. */
static const struct holder *other_word(struct holders_inside *in, const struct holder_path *path,
				       struct path_step *steps, size_t count, char **text)
{
	const struct snapshot_edge *const *edges;
	size_t edge_count =
		path->steps ? holders_find_edges(in, true, path->root, path->first_site, &edges)
			    : 0;

	for (size_t i = 0; i < edge_count; i++) {
		const struct holder *holder =
			owner_at(in, path, steps, count, edges[i]->offset, text);

		if (*text)
			return holder;
	}
	return NULL;
}

const struct holder *holders_local(struct holders *holders, struct holder_path *path)
{
	struct holders_inside *in = (struct holders_inside *)holders;
	const struct snapshot_root *root = &in->graph->roots[path->root];
	const struct holder *holder, *other;
	struct path_step *steps;
	size_t count;
	char *text;

	if (root->kind != SILT_ROOT_STACK && root->kind != SILT_ROOT_REGISTER)
		return NULL;
	steps = holders_steps(holders, path, &count);
	holder = owner_at(in, path, steps, count, steps[0].offset, &text);
	if (!text && (other = other_word(in, path, steps, count, &text)) != NULL)
		holder = other;
	free(steps);
	if (text) {
		holders_fold_path(text);
		free(path->text);
		path->text = text;
	}
	return holder;
}
