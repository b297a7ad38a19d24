/* Reads entries of debug information and their attributes: see die.h. */
#include "symbolize/die.h"

#include "symbolize/bounds.h"

#define LANG_C17 0x2c /* DW_LANG_C17 of DWARF 6; elfutils 0.188 does not define it */

bool die_child(Dwarf_Die *parent, Dwarf_Die *child)
{
	return dwarf_child(parent, child) == 0;
}

bool die_next(Dwarf_Die *die)
{
	const char *before = die->addr;

	/* a sibling lies behind the entry; the link of a damaged file may lead back */
	return bounds_go_on() && dwarf_siblingof(die, die) == 0 && (const char *)die->addr > before;
}

const char *die_string(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;

	return dwarf_formstring(dwarf_attr_integrate(die, attribute, &found));
}

uint64_t die_number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	Dwarf_Word value;

	return dwarf_formudata(dwarf_attr_integrate(die, attribute, &found), &value) == 0 ? value
											  : 0;
}

bool die_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to)
{
	Dwarf_Attribute found;

	return dwarf_formref_die(dwarf_attr_integrate(die, attribute, &found), to) != NULL;
}

bool die_has(Dwarf_Die *die, unsigned attribute)
{
	return dwarf_hasattr(die, attribute) != 0;
}

bool die_own_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to)
{
	Dwarf_Attribute found;

	return dwarf_formref_die(dwarf_attr(die, attribute, &found), to) != NULL;
}

const char *die_linkage_name(Dwarf_Die *die)
{
	const char *name = die_string(die, DW_AT_linkage_name);

	return name ? name : die_string(die, DW_AT_MIPS_linkage_name);
}

/* dwarf_decl_file of elfutils finds no file for number 0, which in DWARF 5 is the unit's own. */
const char *die_file(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	Dwarf_Files *files;
	Dwarf_Word number;
	Dwarf_Half version;
	Dwarf_Die unit;
	size_t count;

	if (dwarf_formudata(dwarf_attr_integrate(die, attribute, &found), &number) != 0 ||
	    !dwarf_cu_die(found.cu, &unit, &version, NULL, NULL, NULL, NULL, NULL) ||
	    (number == 0 && version < 5) || dwarf_getsrcfiles(&unit, &files, &count) != 0 ||
	    number >= count)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

bool die_constant(Dwarf_Die *die, unsigned attribute, uint64_t *value)
{
	Dwarf_Attribute found;
	Dwarf_Word number;
	Dwarf_Op *ops;
	size_t count;

	if (!dwarf_attr_integrate(die, attribute, &found))
		return false;
	if (dwarf_formudata(&found, &number) == 0) {
		*value = number;
		return true;
	}
	/* offsets of members in DWARF 2 */
	if (dwarf_getlocation(&found, &ops, &count) != 0 || count != 1 ||
	    ops[0].atom != DW_OP_plus_uconst)
		return false;
	*value = ops[0].number;
	return true;
}

bool die_is_c(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!die->cu || !dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case LANG_C17:
	case DW_LANG_ObjC:
		return true;
	default:
		return false;
	}
}
