/*
 * Reads where a variable lies: see location.h.
 */
#include "symbolize/location.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

static uint64_t read_word(const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

/* Stores the operand of an operation, which may be an index into a table of the unit
 * (DW_OP_addrx and such). */
static bool operand(Dwarf_Attribute *location, const Dwarf_Op *op, uint64_t *value)
{
	Dwarf_Attribute indirect;
	Dwarf_Addr address;
	Dwarf_Word word;

	switch (op->atom) {
	case DW_OP_addr:
	case DW_OP_const4u:
	case DW_OP_const8u:
	case DW_OP_constu:
	case DW_OP_const2u:
	case DW_OP_const1u:
		*value = op->number;
		return true;
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index:
		if (dwarf_getlocation_attr(location, op, &indirect) != 0)
			return false;
		if (dwarf_formaddr(&indirect, &address) == 0)
			*value = address;
		else if (dwarf_formudata(&indirect, &word) == 0)
			*value = word;
		else
			return false;
		return true;
	default:
		return false;
	}
}

bool location_fixed(Dwarf_Die *die, uint64_t *address, bool *tls)
{
	Dwarf_Attribute location;
	Dwarf_Block block;
	Dwarf_Op *ops;
	size_t count;

	/* Most variables are local: the first byte tells, which saves decoding their
	 * expressions. */
	if (!dwarf_attr(die, DW_AT_location, &location) ||
	    dwarf_formblock(&location, &block) != 0 || block.length == 0)
		return false;
	*tls = false;
	switch (block.data[0]) {
	case DW_OP_addr:
		if (block.length == 9) {
			*address = read_word(block.data + 1, 8);
			return true;
		}
		break;
	case DW_OP_const1u:
	case DW_OP_const2u:
	case DW_OP_const4u:
	case DW_OP_const8u:
	case DW_OP_constu:
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index:
		break;
	default:
		return false;
	}
	if (dwarf_getlocation(&location, &ops, &count) != 0 || count == 0 ||
	    !operand(&location, &ops[0], address))
		return false;
	for (size_t i = 1; i < count; i++) {
		if (ops[i].atom == DW_OP_plus_uconst) {
			*address += ops[i].number;
		} else if (ops[i].atom == DW_OP_form_tls_address ||
			   ops[i].atom == DW_OP_GNU_push_tls_address) {
			*tls = true;
		} else {
			return false;
		}
	}
	/* a constant that no TLS operation follows is a value, not an address */
	return *tls || ops[0].atom == DW_OP_addr || ops[0].atom == DW_OP_addrx ||
	       ops[0].atom == DW_OP_GNU_addr_index;
}
