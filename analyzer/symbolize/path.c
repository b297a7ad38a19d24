/*
 * The text of a path of pointers through typed objects: see path.h.
 */
#include "symbolize/path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/containers.h"
#include "symbolize/fields.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_NAME 200
#define MAX_PATH 8000u

struct walk {
	struct module_symbols *module;
	const struct path_step *after; /* the step after the present one; NULL: none */
	char text[MAX_PATH + 1];
	size_t length;
};

/* What is known of the block that the path has come to: an object of this type lies at this offset. */
struct block {
	Dwarf_Die type; /* resolved; addr NULL: nothing is known */
	uint64_t at;
};

/* -- text -- */

__attribute__((format(printf, 2, 3))) static void put(struct walk *walk, const char *format, ...)
{
	size_t room = sizeof walk->text - walk->length;
	va_list arguments;
	int written;

	va_start(arguments, format);
	written = vsnprintf(walk->text + walk->length, room, format, arguments);
	va_end(arguments);
	if (written > 0)
		walk->length += (size_t)written < room ? (size_t)written : room - 1;
}

static bool after_every(const struct walk *walk)
{
	return walk->length >= 2 && memcmp(walk->text + walk->length - 2, "[]", 2) == 0;
}

/* `from_pointer`: the object is reached through a pointer. */
static void put_trail(struct walk *walk, const struct trail *trail, bool from_pointer, bool strided)
{
	for (size_t i = 0; i < trail->count; i++) {
		const struct crumb *crumb = &trail->crumbs[i];

		if (crumb->member)
			put(walk, "%s%.*s", i == 0 && from_pointer && !after_every(walk) ? "->" : ".",
			    MAX_NAME, crumb->member);
		else if (crumb->every)
			put(walk, "[]");
		else
			put(walk, "[%" PRIu64 "]", crumb->index);
	}
	if (trail->rest)
		put(walk, "%s+0x%" PRIx64, from_pointer && trail->count == 0 ? "->" : "", trail->rest);
	if (strided && !trail->strided)
		put(walk, "[]");
}

static void put_offset(struct walk *walk, const struct path_step *step)
{
	put(walk, "->+0x%" PRIx64 "%s", step->offset, step->stride ? "[]" : "");
}

/* -- steps -- */

/* Inserts an element before the crumbs. */
static void prepend(struct trail *trail, struct crumb crumb)
{
	if (trail->count == TRAIL_MAX)
		trail->count--;
	memmove(trail->crumbs + 1, trail->crumbs, trail->count * sizeof *trail->crumbs);
	trail->crumbs[0] = crumb;
	trail->count++;
}

/* What the next step will want of the block that this step points to. */
static const struct fields_next *wants(const struct path_step *step, const struct path_step *next,
				       struct fields_next *wanted)
{
	if (!next || next->offset < step->target)
		return NULL;
	*wanted = (struct fields_next){next->offset - step->target, next->stride};
	return wanted;
}

/* A block that is an array of objects of the type, one of which lies at block->at. */
static bool find_in_array(struct walk *walk, const struct block *block, const struct path_step *step,
			  uint64_t size, const struct fields_next *next, struct trail *trail)
{
	Dwarf_Die type = block->type;
	bool every = step->stride != 0 && step->stride % size == 0;
	uint64_t place = step->offset;

	if (block->at % size != 0)
		return false;
	if (place < block->at) { /* before the one pointed to: only all of them can be named */
		if (!every)
			return false;
		place += (block->at - place + size - 1) / size * size;
	}
	place -= block->at;
	fields_find(walk->module, &type, place % size, every ? 0 : step->stride, next, trail);
	if (trail->fit < FIT_INTEGER)
		return false;
	if (every || place >= size)
		prepend(trail, (struct crumb){.index = place / size, .every = every});
	trail->strided |= every;
	return true;
}

/* The block's structure may be part of a larger one, whose name is not in the pointer's type: an intrusive
 * list, a base class. The number of candidates. */
static unsigned find_in_container(struct walk *walk, struct block *block, const struct path_step *step,
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

	if (step->repeats && walk->after) { /* that one starts in a block of the same type */
		wanted.also = walk->after->offset;
		wanted.also_stride = walk->after->stride;
	} else if (next) {
		wanted.leads = 1;
		wanted.target_word = next->offset;
		wanted.target_stride = next->stride;
	}
	count = containers_find(walk->module, &block->type, &wanted, &container);
	if (count != 1)
		return count;
	block->type = container;
	block->at = 0;
	fields_find(walk->module, &container, step->offset, step->stride, next, trail);
	return 1;
}

static bool find_in_structure(struct walk *walk, struct block *block, const struct path_step *step,
			      const struct fields_next *next, struct trail *trail)
{
	uint64_t place = step->offset - block->at, size;
	bool open = type_is_open(walk->module, &block->type);

	if (!type_size(walk->module, &block->type, &size) || size == 0)
		return false;
	if (block->at != 0 && find_in_container(walk, block, step, next, trail) == 1)
		return true;
	if (step->offset >= block->at && (place < size || open)) {
		fields_find(walk->module, &block->type, place, step->stride, next, trail);
		if (trail->fit >= FIT_BYTES && (!step->stride || trail->strided || step->stride % size != 0))
			return true;
	}
	if (block->at == 0 && place >= size && !open && step->stride == 0) {
		unsigned candidates = find_in_container(walk, block, step, next, trail);

		if (candidates)
			return candidates == 1;
	}
	return find_in_array(walk, block, step, size, next, trail);
}

/* Whether the types tell what lies at the step's offset in the block. They may teach more about the block. */
static bool find_in_block(struct walk *walk, struct block *block, const struct path_step *step,
			  const struct fields_next *next, struct trail *trail)
{
	uint64_t size;

	if (!block->type.addr)
		return false;
	if (type_is_structure(&block->type))
		return find_in_structure(walk, block, step, next, trail);
	if (!type_size(walk->module, &block->type, &size) || size < 8 ||
	    !find_in_array(walk, block, step, size, next, trail))
		return false;
	if (trail->count == 0) /* `T **`: an array of pointers also where only one of them counts */
		prepend(trail, (struct crumb){.index = 0});
	return true;
}

static void enter(struct block *block, const struct path_step *step, const struct trail *trail)
{
	/* Another block of the same site is of the same type, whatever the pointer says. */
	if (step->repeats && block->type.addr)
		return;
	block->type = trail->pointee;
	block->at = step->target;
}

char *path_text(struct module_symbols *module, const char *root, Dwarf_Die *type,
		const struct path_step *steps, size_t count)
{
	struct walk walk = {.module = module};
	struct block block = {{0}, 0};

	put(&walk, "%s", root);
	for (size_t i = 0; i < count; i++) {
		const struct path_step *step = &steps[i], *next = i + 1 < count ? &steps[i + 1] : NULL;
		struct fields_next wanted;
		struct trail trail = {.count = 0};

		walk.after = next;
		if (i == 0) {
			if (type->addr)
				fields_find(module, type, step->offset, step->stride,
					    wants(step, next, &wanted), &trail);
			else
				trail.rest = step->offset;
			put_trail(&walk, &trail, false, step->stride != 0);
		} else if (find_in_block(&walk, &block, step, wants(step, next, &wanted), &trail)) {
			put_trail(&walk, &trail, true, step->stride != 0);
		} else {
			put_offset(&walk, step);
			trail = (struct trail){.count = 0};
		}
		if (i == 0)
			block = (struct block){trail.pointee, step->target};
		else
			enter(&block, step, &trail);
	}
	return mem_string(walk.text);
}
