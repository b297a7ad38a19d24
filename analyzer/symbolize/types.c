/* Reads types of variables and members: see types.h. */
#include "symbolize/types.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "symbolize/die.h"
#include "symbolize/type_index.h"

#define MAX_CHAIN 64u /* of typedefs, of arrays of arrays: a damaged type may lead to itself */

static void none(Dwarf_Die *type)
{
	*type = (Dwarf_Die){0};
}

/* -- resolving -- */

static void complete(struct module_symbols *module, Dwarf_Die *type)
{
	Dwarf_Die definition;

	if (die_own_reference(type, DW_AT_signature, &definition))
		*type = definition;
	if (!die_has(type, DW_AT_declaration))
		return;
	if (type_index_complete(module, type, &definition))
		*type = definition;
}

void type_resolve(struct module_symbols *module, Dwarf_Die *type)
{
	for (unsigned i = 0; i < MAX_CHAIN; i++) {
		switch (dwarf_tag(type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
		case DW_TAG_immutable_type:
		case DW_TAG_packed_type:
		case DW_TAG_shared_type:
		case DW_TAG_template_alias:
			if (!die_reference(type, DW_AT_type, type)) {
				none(type);
				return;
			}
			break;
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
			complete(module, type);
			return;
		case DW_TAG_unspecified_type:
		case DW_TAG_invalid:
			none(type);
			return;
		default:
			return;
		}
	}
	none(type);
}

bool type_of(struct module_symbols *module, Dwarf_Die *die, Dwarf_Die *type)
{
	none(type);
	if (!die->addr || !die_reference(die, DW_AT_type, type)) {
		none(type);
		return false;
	}
	type_resolve(module, type);
	return type->addr != NULL;
}

/* -- properties -- */

bool type_is_pointer(Dwarf_Die *type)
{
	int tag = type->addr ? dwarf_tag(type) : DW_TAG_invalid;

	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
	       tag == DW_TAG_rvalue_reference_type;
}

bool type_is_structure(Dwarf_Die *type)
{
	int tag = type->addr ? dwarf_tag(type) : DW_TAG_invalid;

	return (tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
		tag == DW_TAG_union_type) &&
	       !die_has(type, DW_AT_declaration);
}

bool type_member(Dwarf_Die *child, uint64_t *offset)
{
	int tag = dwarf_tag(child);

	if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) ||
	    die_has(child, DW_AT_declaration) || die_has(child, DW_AT_external) ||
	    die_has(child, DW_AT_bit_size))
		return false;
	*offset = 0; /* members of unions have no offset */
	return !die_has(child, DW_AT_data_member_location) ||
	       die_constant(child, DW_AT_data_member_location, offset);
}

/* Returns the number of elements in a dimension; 0: unknown. */
static uint64_t count_of(Dwarf_Die *range)
{
	uint64_t value, low = 0;

	if (die_constant(range, DW_AT_count, &value))
		return value;
	if (!die_constant(range, DW_AT_upper_bound, &value))
		return 0;
	die_constant(range, DW_AT_lower_bound, &low);
	return value + 1 - low; /* 0 elements have the upper bound -1 */
}

static bool size_within(struct module_symbols *module, Dwarf_Die *type, unsigned depth,
			uint64_t *size);

static bool array_within(struct module_symbols *module, Dwarf_Die *type, unsigned depth,
			 struct array_shape *shape)
{
	Dwarf_Die child;

	if (!type->addr || dwarf_tag(type) != DW_TAG_array_type || depth > MAX_CHAIN ||
	    !type_of(module, type, &shape->element) ||
	    !size_within(module, &shape->element, depth + 1, &shape->element_size) ||
	    shape->element_size == 0)
		return false;
	shape->dimensions = 0;
	for (bool more = die_child(type, &child); more && shape->dimensions < ARRAY_DIMENSIONS;
	     more = die_next(&child))
		if (dwarf_tag(&child) == DW_TAG_subrange_type)
			shape->counts[shape->dimensions++] = count_of(&child);
	if (shape->dimensions == 0)
		shape->counts[shape->dimensions++] = 0;
	return true;
}

bool type_array(struct module_symbols *module, Dwarf_Die *type, struct array_shape *shape)
{
	return array_within(module, type, 0, shape);
}

static bool size_within(struct module_symbols *module, Dwarf_Die *type, unsigned depth,
			uint64_t *size)
{
	struct array_shape shape;

	if (!type->addr)
		return false;
	if (die_constant(type, DW_AT_byte_size, size))
		return true;
	if (type_is_pointer(type)) {
		*size = 8;
		return true;
	}
	if (!array_within(module, type, depth, &shape))
		return false;
	*size = shape.element_size;
	for (size_t i = 0; i < shape.dimensions; i++)
		if (shape.counts[i] == 0 || __builtin_mul_overflow(*size, shape.counts[i], size))
			return false;
	return true;
}

bool type_size(struct module_symbols *module, Dwarf_Die *type, uint64_t *size)
{
	return size_within(module, type, 0, size);
}

bool type_is_open(struct module_symbols *module, Dwarf_Die *type)
{
	Dwarf_Die at = *type;

	for (unsigned depth = 0; depth < MAX_CHAIN; depth++) {
		Dwarf_Die child, last = {0};
		struct array_shape shape;
		uint64_t offset;

		if (type_array(module, &at, &shape))
			return shape.counts[0] <= 1;
		if (!type_is_structure(&at))
			return false;
		for (bool more = die_child(&at, &child); more; more = die_next(&child))
			if (type_member(&child, &offset))
				last = child;
		if (!type_of(module, &last, &at))
			return false;
	}
	return false;
}
