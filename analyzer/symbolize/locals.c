/*
 * Finds the variables and parameters of a function that lie in its frame: see locals.h.
 * Must not: need the values of registers; a place is a distance from the CFA, or a register.
 */
#include "symbolize/locals.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "symbolize/bounds.h"
#include "symbolize/die.h"
#include "symbolize/types.h"

#define MAX_DEPTH 64u
#define MAX_PIECES 8u

/* An address, as a distance from the CFA. */
struct base {
	bool known;
	int64_t offset;
};

struct search {
	struct module_symbols *module;
	/* in the addresses of the DWARF */
	uint64_t address;
	/* search for the word at CFA + wanted, */
	int64_t wanted;
	/* or for the variable in this register; -1: search for the word */
	int wanted_register;
	/* the frame base, which DW_OP_fbreg counts from */
	struct base frame;
	/* CFA = value of cfa_register + cfa_distance */
	unsigned cfa_register;
	int64_t cfa_distance;
	bool cfa_known;
	struct local *local;
};

/* -- the frame -- */

static void read_cfa(struct search *search, Dwarf_Frame *frame)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count != 1)
		return;
	if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) {
		search->cfa_register = ops[0].atom - DW_OP_breg0;
		search->cfa_distance = (int64_t)ops[0].number;
		search->cfa_known = true;
	} else if (ops[0].atom == DW_OP_bregx) {
		search->cfa_register = (unsigned)ops[0].number;
		search->cfa_distance = (int64_t)ops[0].number2;
		search->cfa_known = true;
	}
}

static struct base at_register(const struct search *search, unsigned number, int64_t offset)
{
	if (!search->cfa_known || search->cfa_register != number)
		return (struct base){false, 0};
	return (struct base){true, offset - search->cfa_distance};
}

static bool is_register(const Dwarf_Op *op, int number)
{
	return (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31 &&
		op->atom - DW_OP_reg0 == number) ||
	       (op->atom == DW_OP_regx && (int64_t)op->number == number);
}

/* Returns the address that an operation gives; unknown for all but the plain operations. */
static struct base place_of(const struct search *search, const Dwarf_Op *op)
{
	struct base base = {false, 0};

	if (op->atom == DW_OP_call_frame_cfa) {
		base.known = true;
	} else if (op->atom == DW_OP_fbreg) {
		base = search->frame;
		base.offset += (int64_t)op->number;
	} else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		base = at_register(search, op->atom - DW_OP_breg0, (int64_t)op->number);
	} else if (op->atom == DW_OP_bregx) {
		base = at_register(search, (unsigned)op->number, (int64_t)op->number2);
	}
	return base;
}

static void read_frame_base(struct search *search, Dwarf_Die *function)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;

	if (!dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation_addr(&attribute, search->address, &ops, &count, 1) != 1 || count != 1)
		return;
	/* the frame base is the register's value */
	if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		search->frame = at_register(search, ops[0].atom - DW_OP_reg0, 0);
	else if (ops[0].atom != DW_OP_fbreg)
		search->frame = place_of(search, &ops[0]);
}

/* -- variables -- */

static bool covers(struct search *search, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	uint64_t size, piece = 0;
	Dwarf_Die type;
	Dwarf_Op *ops;
	size_t count;

	if (!dwarf_attr_integrate(die, DW_AT_location, &attribute) ||
	    dwarf_getlocation_addr(&attribute, search->address, &ops, &count, 1) != 1 || count == 0)
		return false;
	if (!type_of(search->module, die, &type) || !type_size(search->module, &type, &size))
		size = 8;
	/* either one place, or pieces: place, size, place, size, ... */
	for (size_t i = 0; i < count && i < MAX_PIECES * 2;) {
		struct base place = {false, 0};
		uint64_t length = size;
		bool here =
			ops[i].atom != DW_OP_piece && is_register(&ops[i], search->wanted_register);

		if (ops[i].atom != DW_OP_piece)
			place = place_of(search, &ops[i++]);
		if (i < count && ops[i].atom == DW_OP_piece)
			length = ops[i++].number;
		else if (count != 1)
			return false; /* not understood: an expression of several operations */
		here |= search->wanted_register < 0 && place.known &&
			search->wanted >= place.offset &&
			(uint64_t)(search->wanted - place.offset) < length;
		if (here) {
			search->local->die = *die;
			search->local->offset =
				piece + (search->wanted_register < 0
						 ? (uint64_t)(search->wanted - place.offset)
						 : 0);
			return true;
		}
		piece += length;
	}
	return false;
}

/* Searches inner blocks first: their variables may reuse the space of outer variables that are
 * no longer live. */
static bool find_in_scope(struct search *search, Dwarf_Die *scope, unsigned depth)
{
	Dwarf_Die child;

	if (depth > MAX_DEPTH)
		return false;
	for (bool more = die_child(scope, &child); more; more = die_next(&child)) {
		int tag = dwarf_tag(&child);

		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
		     tag == DW_TAG_catch_block) &&
		    dwarf_haspc(&child, search->address) == 1 &&
		    find_in_scope(search, &child, depth + 1))
			return true;
	}
	for (bool more = die_child(scope, &child); more; more = die_next(&child)) {
		int tag = dwarf_tag(&child);

		if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
		    covers(search, &child))
			return true;
	}
	return false;
}

/* Returns the rules of .eh_frame, or if they have none for the address, of .debug_frame. */
static Dwarf_Frame *frame_within(struct module_symbols *module, uint64_t address)
{
	Dwarf_Addr bias = 0;
	Dwarf_Frame *frame = NULL;
	Dwarf_CFI *cfi;

	cfi = dwfl_module_eh_cfi(module->opened, &bias);
	if (cfi && dwarf_cfi_addrframe(cfi, address - bias, &frame) == 0)
		return frame;
	cfi = dwfl_module_dwarf_cfi(module->opened, &bias);
	return cfi && dwarf_cfi_addrframe(cfi, address - bias, &frame) == 0 ? frame : NULL;
}

/* Bounded, because an instruction of one byte (DW_CFA_remember_state) has all rules of the frame
 * copied. */
static Dwarf_Frame *frame_at(struct module_symbols *module, uint64_t address)
{
	Dwarf_Frame *frame;

	if (!module->opened || !bounds_go_on_now())
		return NULL;
	bounds_limit_memory(&module->bounds);
	frame = frame_within(module, address);
	bounds_unlimit_memory();
	bounds_go_on_now();
	return frame;
}

static bool find(struct search *search, struct module_symbols *module, uint64_t address)
{
	struct unit *unit;
	Dwarf_Frame *frame;
	uint32_t scope, outer;

	search->module = module;
	search->address = address - module->dwarf_bias;
	unit = module->dwarf ? module_symbols_unit(module, search->address) : NULL;
	scope = unit ? module_symbols_scope(unit, search->address) : SCOPE_NONE;
	if (scope == SCOPE_NONE)
		return false;
	search->local->unit = unit;
	frame = frame_at(module, address);
	if (frame)
		read_cfa(search, frame);
	free(frame);
	for (outer = scope;
	     unit->scopes[outer].inlined && unit->scopes[outer].parent != SCOPE_NONE;)
		outer = unit->scopes[outer].parent;
	read_frame_base(search, &unit->scopes[outer].die);
	for (;; scope = unit->scopes[scope].parent) {
		if (find_in_scope(search, &unit->scopes[scope].die, 0))
			return true;
		if (scope == outer)
			return false;
	}
}

bool locals_find(struct module_symbols *module, uint64_t address, int64_t cfa_offset,
		 struct local *local)
{
	struct search search = {.wanted = cfa_offset, .wanted_register = -1, .local = local};

	return find(&search, module, address);
}

bool locals_find_in_register(struct module_symbols *module, uint64_t address, unsigned number,
			     struct local *local)
{
	struct search search = {.wanted_register = (int)number, .local = local};

	return find(&search, module, address);
}

/* -- saved registers -- */

#define REGISTERS 33u /* general purpose registers have lower numbers on x86-64 and aarch64 */

/* Stores where a frame has saved a register of its caller, as an offset from the CFA; returns
 * false if it has not. */
static bool saved_at(Dwarf_Frame *frame, unsigned number, int64_t *offset)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	/* libdw gives the rule offset(N) as DW_OP_call_frame_cfa, then DW_OP_plus_uconst, or
	 * DW_OP_consts and DW_OP_plus */
	if (dwarf_frame_register(frame, (int)number, memory, &ops, &count) != 0 || count == 0 ||
	    ops[0].atom != DW_OP_call_frame_cfa)
		return false;
	*offset = count > 1 ? (int64_t)ops[1].number : 0;
	return count <= 2;
}

int locals_saved_at(struct module_symbols *module, uint64_t address, int64_t cfa_offset)
{
	Dwarf_Frame *frame = frame_at(module, address);
	int found = -1;

	for (unsigned number = 0; frame && number < REGISTERS && found < 0; number++) {
		int64_t offset;

		if (saved_at(frame, number, &offset) && offset == cfa_offset)
			found = (int)number;
	}
	free(frame);
	return found;
}

bool locals_saves(struct module_symbols *module, uint64_t address, unsigned number)
{
	Dwarf_Frame *frame = frame_at(module, address);
	int64_t offset;
	bool saves = frame && saved_at(frame, number, &offset);

	free(frame);
	return saves;
}
