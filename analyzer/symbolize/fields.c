/* Finds the names of the members at an offset in an object: see fields.h. */
#include <dwarf.h>
#include <elfutils/libdw.h>

#include "symbolize/die.h"
#include "symbolize/fields.h"
#include "symbolize/module.h"
#include "symbolize/types.h"

#define MAX_DEPTH 24u	   /* of nested structures */
#define MAX_VISITED 20000u /* members visited for one word */

struct search {
	struct module_symbols *module;
	uint64_t stride;
	const struct fields_next *next;
	unsigned visited;
};

static void find(struct search *search, Dwarf_Die *type, uint64_t offset, bool last, unsigned depth,
		 struct trail *trail);

static void push(struct trail *trail, struct crumb crumb)
{
	if (trail->count < TRAIL_MAX)
		trail->crumbs[trail->count++] = crumb;
}

static void end(struct trail *trail, uint64_t rest, enum fit fit)
{
	trail->rest = rest;
	trail->fit = fit;
	trail->pointee = (Dwarf_Die){0};
}

/* -- structures -- */

/* Returns the member that may continue after the structure's end: the last one; addr NULL: none. */
static Dwarf_Die open_member(struct search *search, Dwarf_Die *type)
{
	Dwarf_Die child, last = {0}, its;
	uint64_t offset;

	if (dwarf_tag(type) == DW_TAG_union_type)
		return last;
	for (bool more = die_child(type, &child); more && search->visited++ < MAX_VISITED;
	     more = die_next(&child))
		if (type_member(&child, &offset))
			last = child;
	if (last.addr &&
	    !(type_of(search->module, &last, &its) && type_is_open(search->module, &its)))
		last.addr = NULL;
	return last;
}

static void enter(struct search *search, Dwarf_Die *member, uint64_t offset, bool last,
		  unsigned depth, struct trail *trail)
{
	const char *name = die_string(member, DW_AT_name);
	Dwarf_Die type;
	bool known = type_of(search->module, member, &type);

	if (name && name[0] && dwarf_tag(member) != DW_TAG_inheritance)
		push(trail, (struct crumb){.member = name, .type = type, .rest = offset});
	if (known)
		find(search, &type, offset, last, depth + 1, trail);
	else
		end(trail, offset, FIT_NONE);
}

static void find_member(struct search *search, Dwarf_Die *type, uint64_t offset, bool last,
			unsigned depth, struct trail *trail)
{
	struct trail start = *trail;
	Dwarf_Die child, open = {0};
	bool found = false;

	if (last)
		open = open_member(search, type);
	end(trail, offset, FIT_NONE);
	for (bool more = die_child(type, &child); more && search->visited++ < MAX_VISITED;
	     more = die_next(&child)) {
		uint64_t at, size = 0;
		struct trail inner;
		Dwarf_Die its;
		bool is_open;

		if (!type_member(&child, &at) || at > offset ||
		    !type_of(search->module, &child, &its))
			continue;
		is_open = open.addr && die_same(&child, &open);
		if (!type_size(search->module, &its, &size))
			size = 0;
		if (offset - at >= size && !is_open)
			continue;
		inner = start;
		enter(search, &child, offset - at,
		      is_open || (last && dwarf_tag(type) == DW_TAG_union_type), depth, &inner);
		if (!found || inner.fit > trail->fit)
			*trail = inner;
		found = true;
	}
}

/* -- arrays -- */

static void find_element(struct search *search, struct array_shape *shape, uint64_t offset,
			 bool last, unsigned depth, struct trail *trail)
{
	bool bytes = dwarf_tag(&shape->element) == DW_TAG_base_type && shape->element_size < 8;
	uint64_t size = shape->element_size, outer = offset;
	uint64_t sizes[ARRAY_DIMENSIONS];

	if (bytes) {
		end(trail, offset, shape->element_size == 1 ? FIT_BYTES : FIT_NONE);
		return;
	}
	for (size_t i = shape->dimensions; i-- > 0;) {
		sizes[i] = size;
		if (__builtin_mul_overflow(size, shape->counts[i] ? shape->counts[i] : 1, &size)) {
			end(trail, offset, FIT_NONE);
			return;
		}
	}
	for (size_t i = 0; i < shape->dimensions; i++) {
		uint64_t count = shape->counts[i], index = outer / sizes[i];
		bool open = count == 0 || (i == 0 && last && count <= 1), every = false;

		if (!open && index >= count) {
			end(trail, outer, FIT_NONE);
			return;
		}
		if (search->stride && !trail->strided) {
			bool inner = i + 1 < shape->dimensions && search->stride < sizes[i];

			/* a stride larger than this array belongs to an array around it */
			every = inner || (search->stride % sizes[i] == 0 &&
					  (open || search->stride / sizes[i] < count));
			trail->strided = every && !inner;
		}
		outer %= sizes[i];
		push(trail, (struct crumb){.index = index, .every = every, .rest = outer});
		if (i + 1 == shape->dimensions && trail->count)
			trail->crumbs[trail->count - 1].type = shape->element;
	}
	find(search, &shape->element, outer, false, depth + 1, trail);
}

/* -- pointers -- */

static bool leads_on(struct search *search, Dwarf_Die *pointee)
{
	const struct fields_next *next = search->next;
	struct trail trail;
	uint64_t size;

	if (!next)
		return false;
	if (!type_size(search->module, pointee, &size) || size == 0)
		return false;
	fields_find(search->module, pointee,
		    type_is_open(search->module, pointee) ? next->offset : next->offset % size,
		    next->stride, NULL, &trail);
	return trail.fit >= FIT_POINTER;
}

static void find_pointee(struct search *search, Dwarf_Die *type, struct trail *trail)
{
	Dwarf_Die pointee;

	end(trail, 0, FIT_POINTER);
	if (!type_of(search->module, type, &pointee))
		return;
	if (dwarf_tag(&pointee) == DW_TAG_subroutine_type)
		trail->fit = FIT_CODE;
	else if (type_is_structure(&pointee))
		trail->fit = leads_on(search, &pointee) ? FIT_NEXT : FIT_STRUCTURE;
	trail->pointee = pointee;
}

static void find(struct search *search, Dwarf_Die *type, uint64_t offset, bool last, unsigned depth,
		 struct trail *trail)
{
	struct array_shape shape;
	uint64_t size;

	end(trail, offset, FIT_NONE);
	if (depth > MAX_DEPTH || search->visited > MAX_VISITED)
		return;
	if (type_is_structure(type))
		find_member(search, type, offset, last, depth, trail);
	else if (type_array(search->module, type, &shape))
		find_element(search, &shape, offset, last, depth, trail);
	else if (offset != 0)
		return;
	else if (type_is_pointer(type))
		find_pointee(search, type, trail);
	else if (dwarf_tag(type) == DW_TAG_base_type && type_size(search->module, type, &size) &&
		 size == 8)
		end(trail, 0, FIT_INTEGER);
}

void fields_find(struct module_symbols *module, Dwarf_Die *type, uint64_t offset, uint64_t stride,
		 const struct fields_next *next, struct trail *trail)
{
	struct search search = {.module = module, .stride = stride, .next = next};

	trail->count = 0;
	trail->strided = false;
	find(&search, type, offset, true, 0, trail);
}
