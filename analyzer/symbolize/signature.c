/* Reads what a function takes and returns: see signature.h. */
#include <dwarf.h>
#include <elfutils/libdw.h>

#include "symbolize/die.h"
#include "symbolize/module.h"
#include "symbolize/signature.h"
#include "symbolize/types.h"

static bool is_integer(Dwarf_Die *type)
{
	uint64_t encoding = die_number(type, DW_AT_encoding);

	return dwarf_tag(type) == DW_TAG_base_type &&
	       (encoding == DW_ATE_signed || encoding == DW_ATE_unsigned);
}

static bool returns_untyped(struct module_symbols *module, Dwarf_Die *function)
{
	Dwarf_Die type, target;

	if (!type_of(module, function, &type) || dwarf_tag(&type) != DW_TAG_pointer_type)
		return false;
	return !type_of(module, &type, &target) || !target.addr;
}

bool signature_is_allocator(struct module_symbols *module, Dwarf_Die *function)
{
	Dwarf_Die origin, child, type;

	/* an inlined instance may lack parameters that it does not use */
	if (!die_reference(function, DW_AT_abstract_origin, &origin))
		origin = *function;
	if (!returns_untyped(module, &origin))
		return false;
	for (bool more = die_child(&origin, &child); more; more = die_next(&child))
		if (dwarf_tag(&child) == DW_TAG_formal_parameter &&
		    type_of(module, &child, &type) && is_integer(&type))
			return true;
	return false;
}
