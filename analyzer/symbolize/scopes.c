/*
 * Finds the function at an address, and the functions inlined in it: see module.h.
 */
#include "symbolize/module.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "symbolize/bounds.h"
#include "util/mem.h"

#define MAX_SCOPE_DEPTH 200u

static void add_scope(struct unit *unit, Dwarf_Die *die, uint32_t parent, uint32_t depth,
		      bool inlined)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	MEM_GROW(unit->scopes, unit->scope_count, unit->scope_capacity);
	unit->scopes[unit->scope_count++] =
		(struct scope){.die = *die, .parent = parent, .inlined = inlined};
	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0 && bounds_go_on()) {
		if (low >= high)
			continue;
		MEM_GROW(unit->ranges, unit->range_count, unit->range_capacity);
		unit->ranges[unit->range_count++] =
			(struct scope_range){low, high, (uint32_t)(unit->scope_count - 1), depth};
	}
}

static void read_scopes(struct unit *unit, Dwarf_Die *parent_die, uint32_t parent, uint32_t depth)
{
	Dwarf_Die die;

	if (depth > MAX_SCOPE_DEPTH || dwarf_child(parent_die, &die) != 0)
		return;
	do {
		uint32_t inner = parent;

		/* Sound entries come in ascending order; a damaged sibling link would make the
		 * loop read some entries again and again. */
		if (dwarf_dieoffset(&die) <= unit->last || !bounds_go_on())
			return;
		unit->last = dwarf_dieoffset(&die);
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			add_scope(unit, &die, SCOPE_NONE, depth, false);
			inner = (uint32_t)(unit->scope_count - 1);
			break;
		case DW_TAG_inlined_subroutine:
			add_scope(unit, &die, parent, depth, true);
			inner = (uint32_t)(unit->scope_count - 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
		case DW_TAG_enumeration_type: /* in Rust enumerations contain functions */
			break;
		default:
			continue;
		}
		read_scopes(unit, &die, inner, depth + 1);
		/* dwarf_siblingof() skips all that lies in the entry, which may take long */
		if (!bounds_go_on_now())
			return;
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_scope_ranges(const void *a, const void *b)
{
	const struct scope_range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->depth < y->depth ? -1 : x->depth > y->depth;
}

static void read_unit(struct unit *unit)
{
	uint64_t reach = 0;

	read_scopes(unit, &unit->split, SCOPE_NONE, 0);
	if (unit->range_count)
		qsort(unit->ranges, unit->range_count, sizeof *unit->ranges, compare_scope_ranges);
	unit->reach = mem_zeroed(unit->range_count, sizeof *unit->reach);
	for (size_t i = 0; i < unit->range_count; i++) {
		if (unit->ranges[i].high > reach)
			reach = unit->ranges[i].high;
		unit->reach[i] = reach;
	}
	unit->read = true;
}

uint32_t module_symbols_scope(struct unit *unit, uint64_t address)
{
	uint32_t best = SCOPE_NONE, best_depth = 0;
	size_t low = 0, high;

	if (!unit->read)
		read_unit(unit);
	high = unit->range_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->ranges[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0 && unit->reach[i] > address;) {
		const struct scope_range *range = &unit->ranges[i];

		if (address < range->high && (best == SCOPE_NONE || range->depth > best_depth)) {
			best = range->scope;
			best_depth = range->depth;
		}
	}
	return best;
}
