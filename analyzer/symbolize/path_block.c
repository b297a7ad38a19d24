/*
 * Finds the pointer that a path follows in a heap block: see path_block.h.
 */
#include "symbolize/path_block.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "symbolize/containers.h"
#include "symbolize/die.h"
#include "symbolize/layouts.h"
#include "symbolize/types.h"

#define MAX_INSIDE 4u /* of nested structures */

/* Inserts a crumb before all others; drops the last if there is no room. */
static void prepend(struct trail *trail, struct crumb crumb)
{
	if (trail->count == TRAIL_MAX)
		trail->count--;
	memmove(trail->crumbs + 1, trail->crumbs, trail->count * sizeof *trail->crumbs);
	trail->crumbs[0] = crumb;
	trail->count++;
}

/* Finds the word if the block is an array of objects of its type, one of which lies at
 * block->at. */
static bool find_in_array(struct module_symbols *module, const struct path_block *block,
			  const struct path_step *step, uint64_t size,
			  const struct fields_next *next, struct trail *trail)
{
	Dwarf_Die type = block->type;
	bool every = step->stride != 0 && step->stride % size == 0;
	uint64_t place = step->offset;

	/* one pointer in the middle of a block is no evidence of an array of pointers */
	if (block->at % size != 0 || (block->at && !every && type_is_pointer(&type)))
		return false;
	/* before the object pointed to: only "all elements" can be named */
	if (place < block->at) {
		if (!every)
			return false;
		place += (block->at - place + size - 1) / size * size;
	}
	place -= block->at;
	fields_find(module, &type, place % size, every ? 0 : step->stride, next, trail);
	if (trail->fit < FIT_INTEGER)
		return false;
	if (every || place >= size)
		prepend(trail, (struct crumb){.index = place / size, .every = every});
	trail->strided |= every;
	return true;
}

/* The block's structure may be part of a larger one that the pointer's type does not name: an
 * intrusive list, a base class. Returns the number of candidates; a single one becomes the type
 * of the block. */
static unsigned find_in_container(struct module_symbols *module, struct path_block *block,
				  const struct path_step *step, const struct path_step *after,
				  const struct fields_next *next, struct trail *trail)
{
	struct container_wanted wanted = {
		.at = block->at,
		.word = step->offset,
		.stride = step->stride,
		.also = step->offset,
		.also_stride = step->stride,
	};
	Dwarf_Die container;
	unsigned count;

	if (step->repeats && after) { /* the next step starts in a block of the same type */
		wanted.also = after->offset;
		wanted.also_stride = after->stride;
	} else if (next) {
		wanted.leads = 1;
		wanted.target_word = next->offset;
		wanted.target_stride = next->stride;
	}
	count = containers_find(module, &block->type, &wanted, &container);
	if (count != 1)
		return count;
	block->type = container;
	block->at = 0;
	fields_find(module, &container, step->offset, step->stride, next, trail);
	return 1;
}

static bool find_in_structure(struct module_symbols *module, struct path_block *block,
			      const struct path_step *step, const struct path_step *after,
			      const struct fields_next *next, struct trail *trail)
{
	uint64_t place = step->offset - block->at, size;
	bool open = type_is_open(module, &block->type);

	if (!type_size(module, &block->type, &size) || size == 0)
		return false;
	if (block->at != 0 && find_in_container(module, block, step, after, next, trail) == 1)
		return true;
	if (step->offset >= block->at && (place < size || open)) {
		fields_find(module, &block->type, place, step->stride, next, trail);
		if (trail->fit >= FIT_BYTES &&
		    (!step->stride || trail->strided || step->stride % size != 0))
			return true;
	}
	if (block->at == 0 && place >= size && !open && step->stride == 0) {
		unsigned candidates = find_in_container(module, block, step, after, next, trail);

		if (candidates)
			return candidates == 1;
	}
	return find_in_array(module, block, step, size, next, trail);
}

/* Finds the word at the step's offset in the block by its type; returns false if the type does
 * not explain it. May refine what is known about the block. */
bool path_block_find(struct module_symbols *module, struct path_block *block,
		     const struct path_step *step, const struct path_step *after,
		     const struct fields_next *next, struct trail *trail)
{
	uint64_t size;

	if (!block->type.addr)
		return false;
	if (type_is_structure(&block->type))
		return find_in_structure(module, block, step, after, next, trail);
	if (!type_size(module, &block->type, &size) || size < 8 ||
	    !find_in_array(module, block, step, size, next, trail))
		return false;
	/* `T **` may point to an array of pointers even if only one pointer leads on */
	if (trail->count == 0)
		prepend(trail, (struct crumb){.index = 0});
	return true;
}

/* Finds the offset of a member of this name in a structure, or in a nested structure. */
static bool find_member(struct module_symbols *module, Dwarf_Die *type, const char *name,
			unsigned depth, uint64_t *at)
{
	Dwarf_Die child, its;
	uint64_t offset;

	if (depth > MAX_INSIDE || !type_is_structure(type))
		return false;
	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		const char *member =
			type_member(&child, &offset) ? die_string(&child, DW_AT_name) : NULL;

		if (member && strcmp(member, name) == 0) {
			*at = offset;
			return true;
		}
		if (member && type_of(module, &child, &its) &&
		    find_member(module, &its, name, depth + 1, at)) {
			*at += offset;
			return true;
		}
	}
	return false;
}

/* After a back link (BSD's queue.h), which points to a pointer inside an element, the block is
 * that element. */
void path_block_follow_back_link(struct module_symbols *module, struct path_block *block,
				 const struct trail *trail)
{
	const struct crumb *last = trail->count ? &trail->crumbs[trail->count - 1] : NULL;
	const char *name = last && last->member ? layouts_back_link(last->member) : NULL;
	Dwarf_Die element;
	uint64_t at;

	if (name && type_is_pointer(&block->type) && type_of(module, &block->type, &element) &&
	    find_member(module, &element, name, 0, &at) && at <= block->at) {
		block->type = element;
		block->at -= at;
	}
}
