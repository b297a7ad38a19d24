/*
 * Makes the text of a path of pointers through typed objects: see path.h.
 */
#include "symbolize/path.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/die.h"
#include "symbolize/fields.h"
#include "symbolize/intrusive.h"
#include "symbolize/layouts.h"
#include "symbolize/path_block.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_NAME 200
#define MAX_PATH 8000u

/* What the last step pointed to, if the path is inside a standard container. */
enum place { OUTSIDE, AT_TABLE, AT_NODE, AT_ELEMENTS };

struct walk {
	struct module_symbols *module;
	enum place place;
	/* of the container that the path is in */
	struct layout layout;
	/* the step after the current one; NULL: none */
	const struct path_step *after;
	/* the last pointer as a link of an intrusive container, and where in the block it leads */
	struct container_link link;
	uint64_t link_target;
	/* the element that the path left for the table of a container, its member with the links,
	 * and the length of the text up to there; 0: none */
	struct path_block element;
	const char *element_member;
	size_t element_length;
	char text[MAX_PATH + 1];
	size_t length;
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

/* Follows a pointer of a standard container into it. Returns false if `type` is not a container. */
static bool enter_container(struct walk *walk, Dwarf_Die *type, uint64_t offset)
{
	if (!layouts_of(walk->module, type, &walk->layout))
		return false;
	if (walk->layout.shape == LAYOUT_OPAQUE || layouts_leads_to_table(&walk->layout, offset)) {
		walk->place = AT_TABLE;
	} else if (walk->layout.shape == LAYOUT_ARRAY || walk->layout.shape == LAYOUT_CHUNKS) {
		walk->place = AT_ELEMENTS;
	} else {
		walk->place = AT_NODE;
		put(walk, "[...]");
	}
	return true;
}

static void put_crumb(struct walk *walk, const struct crumb *crumb, bool arrow)
{
	if (crumb->member)
		put(walk, "%s%.*s", arrow ? "->" : ".", MAX_NAME, crumb->member);
	else if (crumb->every)
		put(walk, "[]");
	else
		put(walk, "[%" PRIu64 "]", crumb->index);
}

/* Writes the first crumbs of a way into an object, without members that are internal to a library.
 * Returns true if they lead into a standard container. `from_pointer`: the object is reached
 * through a pointer. */
static bool put_crumbs(struct walk *walk, const struct trail *trail, size_t count,
		       bool from_pointer)
{
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		struct crumb crumb = trail->crumbs[i];

		if (!crumb.member || !layouts_is_internal(crumb.member)) {
			put_crumb(walk, &crumb, first && from_pointer && !after_every(walk));
			first = false;
		}
		if (crumb.type.addr && enter_container(walk, &crumb.type, crumb.rest))
			return true;
	}
	return false;
}

static void put_trail(struct walk *walk, const struct trail *trail, bool from_pointer, bool strided)
{
	if (put_crumbs(walk, trail, trail->count, from_pointer))
		return;
	if (trail->rest)
		put(walk, "%s+0x%" PRIx64, from_pointer && trail->count == 0 ? "->" : "",
		    trail->rest);
	if (strided && !trail->strided)
		put(walk, "[]");
}

static void put_offset(struct walk *walk, const struct path_step *step)
{
	put(walk, "->+0x%" PRIx64 "%s", step->offset, step->stride ? "[]" : "");
}

/* -- steps -- */

/* Returns what the next step needs of the block that `step` points to; NULL: nothing known. */
static const struct fields_next *wants(const struct path_step *step, const struct path_step *next,
				       struct fields_next *wanted)
{
	if (!next || next->offset < step->target)
		return NULL;
	*wanted = (struct fields_next){next->offset - step->target, next->stride};
	return wanted;
}

static void enter(struct walk *walk, struct path_block *block, const struct path_step *step,
		  const struct trail *trail)
{
	/* a block of the same site has the same type, whatever the pointer's type */
	if (step->repeats && block->type.addr)
		return;
	block->type = trail->pointee;
	block->at = step->target;
	path_block_follow_back_link(walk->module, block, trail);
}

/* -- links of intrusive containers -- */

static void put_container(struct walk *walk, const struct trail *trail, size_t crumbs,
			  bool from_pointer)
{
	static const char every[] = "[...]";
	size_t length = sizeof every - 1;

	if (put_crumbs(walk, trail, crumbs, from_pointer))
		walk->link.role = LINK_NONE;
	else if (walk->length < length || strcmp(walk->text + walk->length - length, every) != 0)
		put(walk, "%s", every);
}

/* Returns true if the link leads from an element to the next one of the container that the link
 * before led to. */
static bool goes_on(const struct walk *walk, const struct container_link *before, uint64_t offset)
{
	const struct container_link *link = &walk->link;

	if (before->role == LINK_NONE || before->kind != link->kind)
		return false;
	if (link->size) /* other such members may be links of other lists, or heads */
		return offset >= walk->link_target && offset - walk->link_target < link->size;
	return !before->member || (link->member && strcmp(before->member, link->member) == 0);
}

/* Writes the last pointer of a trail, if it is a link; returns false if it is written like any
 * other pointer. */
static bool put_link(struct walk *walk, const struct trail *trail, uint64_t offset,
		     bool from_pointer, const struct container_link *before)
{
	struct container_link *link = &walk->link;

	switch (link->role) {
	case LINK_HEAD:
		put_container(walk, trail, link->outside, from_pointer);
		return true;
	case LINK_NEXT:
		if (goes_on(walk, before, offset)) {
			put_container(walk, trail, 0, from_pointer);
			return true;
		}
		if (!link->has_no_head) {
			link->role = LINK_NONE;
			return false;
		}
		put_container(walk, trail, link->element, from_pointer);
		return true;
	case LINK_TABLE:
		walk->element_length = walk->length;
		walk->element_member = link->member;
		return false;
	case LINK_ENTRY:
		if (!walk->element_length)
			return false;
		walk->length = walk->element_length;
		walk->text[walk->length] = '\0';
		link->member = walk->element_member;
		put_container(walk, trail, 0, false);
		return true;
	default:
		return false;
	}
}

/* Writes the way to the pointer that the path follows in `object`, and enters the block that it
 * leads to. */
static void follow(struct walk *walk, struct path_block *block, const struct path_block *object,
		   const struct path_step *step, const struct trail *trail, bool from_pointer,
		   bool strided)
{
	struct path_block from = *object;
	struct container_link before = walk->link;

	intrusive_link(walk->module, &from.type, trail, &walk->link);
	if (!put_link(walk, trail, step->offset, from_pointer, &before))
		put_trail(walk, trail, from_pointer, strided);
	enter(walk, block, step, trail);
	if (walk->link.role == LINK_TABLE)
		walk->element = from;
	else if (walk->link.role == LINK_ENTRY && walk->element.type.addr)
		*block = walk->element;
	else if (walk->link.role == LINK_NEXT && walk->link.is_element)
		*block = from;
	walk->link_target = step->target;
}

/* -- steps inside standard containers -- */

static void leave_table(struct walk *walk, struct path_block *block)
{
	*block = (struct path_block){{0}, 0};
	if (walk->layout.shape == LAYOUT_CHUNKS) {
		walk->place = AT_ELEMENTS;
	} else if (walk->layout.shape == LAYOUT_HASH) {
		walk->place = AT_NODE;
		put(walk, "[...]");
	} else { /* opaque: the table leads to a key or a value */
		walk->place = OUTSIDE;
		put(walk, "[...]");
	}
}

static void step_inside(struct walk *walk, struct path_block *block, const struct path_step *step,
			const struct fields_next *next)
{
	struct layout layout = walk->layout;
	uint64_t place = step->offset, size, stride = step->stride;
	bool in_node = walk->place == AT_NODE;
	struct path_block element = {layout.element, 0};
	struct trail trail = {.count = 0};

	if (walk->place == AT_TABLE) {
		leave_table(walk, block);
		return;
	}
	if (in_node && place >= layout.links && place < layout.header)
		return; /* the pointer leads to another node */
	walk->place = OUTSIDE;
	*block = (struct path_block){{0}, 0};
	if (layout.untyped) {
		put(walk, "%s", in_node ? "" : "[]");
		return;
	}
	if (in_node) {
		place -= layout.header;
	} else if (!type_size(walk->module, &layout.element, &size) || size == 0) {
		put(walk, "[]");
		return;
	} else {
		put(walk, stride || layout.shape == LAYOUT_CHUNKS ? "[]" : "[%" PRIu64 "]",
		    place / size);
		place %= size;
		stride = stride % size == 0 ? 0 : stride;
	}
	if (!layout.element.addr) {
		put(walk, "+0x%" PRIx64, place);
		return;
	}
	if (enter_container(walk, &layout.element, place))
		return;
	fields_find(walk->module, &layout.element, place, stride, next, &trail);
	follow(walk, block, &element, step, &trail, false, stride != 0);
}

/* -- the whole path -- */

static bool is_better(const struct trail *plain, const struct trail *strided)
{
	return plain->fit >= FIT_POINTER && (!strided->strided || strided->fit <= FIT_BYTES);
}

static void first_step(struct walk *walk, struct path_block *block, Dwarf_Die *type,
		       const struct path_step *step, const struct fields_next *next)
{
	struct trail trail = {.count = 0}, plain = {.count = 0};
	struct path_block object = {*type, 0};
	bool strided = step->stride != 0;

	*block = (struct path_block){{0}, 0};
	if (!type->addr) {
		trail.rest = step->offset;
	} else if (enter_container(walk, type, step->offset)) {
		return;
	} else {
		fields_find(walk->module, type, step->offset, step->stride, next, &trail);
		if (strided && step->word) {
			fields_find(walk->module, type, step->word, 0, next, &plain);
			strided = !is_better(&plain, &trail);
			trail = strided ? trail : plain;
		}
	}
	follow(walk, block, &object, step, &trail, false, strided);
}

static void next_step(struct walk *walk, struct path_block *block, const struct path_step *step,
		      const struct fields_next *next)
{
	struct path_step single = *step;
	struct path_block by_single = *block;
	struct trail trail = {.count = 0}, plain = {.count = 0};
	bool found;

	if (block->type.addr && step->offset >= block->at) {
		if (enter_container(walk, &block->type, step->offset - block->at))
			return;
		if (layouts_of_node(&block->type, &walk->layout)) {
			put(walk, "[...]");
			walk->place = AT_NODE;
			step_inside(walk, block, step, next);
			return;
		}
	}
	found = path_block_find(walk->module, block, step, walk->after, next, &trail);
	if (step->stride && step->word && (!found || !trail.strided || trail.fit <= FIT_BYTES)) {
		/* members of a structure at equal distances look like an array */
		single.offset = step->word;
		single.stride = 0;
		if (path_block_find(walk->module, &by_single, &single, walk->after, next, &plain) &&
		    (!found || is_better(&plain, &trail))) {
			*block = by_single;
			trail = plain;
			step = &single;
			found = true;
		}
	}
	if (found) {
		follow(walk, block, block, step, &trail, true, step->stride != 0);
	} else {
		put_offset(walk, step);
		trail = (struct trail){.count = 0};
		walk->link.role = LINK_NONE;
		enter(walk, block, step, &trail);
	}
}

char *path_text(struct module_symbols *module, const char *root, Dwarf_Die *type,
		const struct path_step *steps, size_t count)
{
	struct walk walk = {.module = module};
	struct path_block block = {{0}, 0};

	put(&walk, "%s", root);
	for (size_t i = 0; i < count; i++) {
		const struct path_step *step = &steps[i],
				       *next = i + 1 < count ? &steps[i + 1] : NULL;
		struct fields_next wanted;

		walk.after = next;
		if (walk.place != OUTSIDE)
			step_inside(&walk, &block, step, wants(step, next, &wanted));
		else if (i == 0)
			first_step(&walk, &block, type, step, wants(step, next, &wanted));
		else
			next_step(&walk, &block, step, wants(step, next, &wanted));
	}
	return mem_string(walk.text);
}
