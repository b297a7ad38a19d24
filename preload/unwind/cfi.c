/* Runs the instructions of an entry of a module's unwind tables: see cfi.h. */
#include "unwind/cfi.h"

#include <dwarf.h>

#include "base/arch.h"
#include "unwind/cfi_cursor.h"
#include "unwind/cfi_entry.h"

enum where { SAME, AT_CFA, AT_FP, UNDEFINED, OTHER };

struct row {
	/* CFI_SP, CFI_FP, CFI_DEREF_FP or CFI_HARD */
	uint8_t cfa_kind;
	/* enum where */
	uint8_t fp, ra;
	int64_t cfa_offset, fp_offset, ra_offset;
};

#define MAX_REMEMBERED 8

struct machine {
	struct row row, initial, remembered[MAX_REMEMBERED];
	unsigned depth;
	bool bad;
};

static void set_where(struct row *row, uint64_t reg, uint8_t where, int64_t offset)
{
	if (reg == ARCH_DWARF_FP) {
		row->fp = where;
		row->fp_offset = offset;
	} else if (reg == ARCH_DWARF_RA) {
		row->ra = where;
		row->ra_offset = offset;
	} else if (reg == ARCH_DWARF_SP && where != SAME) {
		row->cfa_kind = CFI_HARD; /* the stack pointer is not the CFA */
	}
}

static void set_cfa(struct row *row, uint64_t reg, int64_t offset)
{
	row->cfa_kind = reg == ARCH_DWARF_SP ? CFI_SP : reg == ARCH_DWARF_FP ? CFI_FP : CFI_HARD;
	row->cfa_offset = offset;
}

/* Offsets are counted in units. Unsigned, because a damaged table may overflow. */
static int64_t scaled(uint64_t units, int64_t unit)
{
	return (int64_t)(units * (uint64_t)unit);
}

/* Parses the two expressions that compilers write for a realigned stack: frame pointer + n, and the
 * word stored there. */
static bool frame_pointer_expression(struct cfi_cursor *b, int64_t *offset, bool *dereferenced)
{
	uint64_t size = cfi_uleb(b);
	struct cfi_cursor expression = {b->at, b->at, false};
	bool known;

	if (size > (size_t)(b->end - b->at))
		size = 0;
	expression.end = b->at + size;
	cfi_skip(b, size);
	known = cfi_fixed(&expression, 1) == DW_OP_breg0 + ARCH_DWARF_FP;
	*offset = cfi_sleb(&expression);
	*dereferenced = expression.at < expression.end && cfi_fixed(&expression, 1) == DW_OP_deref;
	return known && !expression.bad && expression.at == expression.end;
}

static void restore(struct machine *m, uint64_t reg)
{
	if (reg == ARCH_DWARF_FP)
		set_where(&m->row, reg, m->initial.fp, m->initial.fp_offset);
	else if (reg == ARCH_DWARF_RA)
		set_where(&m->row, reg, m->initial.ra, m->initial.ra_offset);
}

static void cfa_expression(struct machine *m, struct cfi_cursor *b)
{
	bool dereferenced;
	int64_t offset;

	if (frame_pointer_expression(b, &offset, &dereferenced)) {
		m->row.cfa_kind = dereferenced ? CFI_DEREF_FP : CFI_FP;
		m->row.cfa_offset = offset;
	} else {
		m->row.cfa_kind = CFI_HARD;
	}
}

static void register_expression(struct machine *m, struct cfi_cursor *b)
{
	uint64_t reg = cfi_uleb(b);
	bool dereferenced;
	int64_t offset;

	if (frame_pointer_expression(b, &offset, &dereferenced) && !dereferenced)
		set_where(&m->row, reg, AT_FP, offset);
	else
		set_where(&m->row, reg, OTHER, 0);
}

/* The high bits of the three instructions that have an operand in their low bits. */
#define HIGH 0xc0

/* Executes an instruction that defines the CFA. False: it is another one. */
static bool execute_cfa(struct machine *m, const struct cfi_entry *entry, struct cfi_cursor *b,
			uint8_t op)
{
	struct row *row = &m->row;
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = cfi_uleb(b);
		set_cfa(row, reg, (int64_t)cfi_uleb(b));
		break;
	case DW_CFA_def_cfa_sf:
		reg = cfi_uleb(b);
		set_cfa(row, reg, scaled((uint64_t)cfi_sleb(b), entry->data_align));
		break;
	case DW_CFA_def_cfa_register:
		set_cfa(row, cfi_uleb(b), row->cfa_offset);
		break;
	case DW_CFA_def_cfa_offset:
		row->cfa_offset = (int64_t)cfi_uleb(b);
		break;
	case DW_CFA_def_cfa_offset_sf:
		row->cfa_offset = scaled((uint64_t)cfi_sleb(b), entry->data_align);
		break;
	case DW_CFA_def_cfa_expression:
		cfa_expression(m, b);
		break;
	default:
		return false;
	}
	return true;
}

/* Executes an instruction that says where a register is saved. False: it is another one. */
static bool execute_register(struct machine *m, const struct cfi_entry *entry, struct cfi_cursor *b,
			     uint8_t op)
{
	struct row *row = &m->row;
	uint64_t reg;

	if ((op & HIGH) == DW_CFA_restore) {
		restore(m, op & ~HIGH);
		return true;
	}
	if ((op & HIGH) == DW_CFA_offset) {
		set_where(row, op & ~HIGH, AT_CFA, scaled(cfi_uleb(b), entry->data_align));
		return true;
	}
	switch (op) {
	case DW_CFA_offset_extended:
		reg = cfi_uleb(b);
		set_where(row, reg, AT_CFA, scaled(cfi_uleb(b), entry->data_align));
		break;
	case DW_CFA_offset_extended_sf:
		reg = cfi_uleb(b);
		set_where(row, reg, AT_CFA, scaled((uint64_t)cfi_sleb(b), entry->data_align));
		break;
	case DW_CFA_restore_extended:
		restore(m, cfi_uleb(b));
		break;
	case DW_CFA_undefined:
		set_where(row, cfi_uleb(b), UNDEFINED, 0);
		break;
	case DW_CFA_same_value:
		set_where(row, cfi_uleb(b), SAME, 0);
		break;
	case DW_CFA_register:
		reg = cfi_uleb(b);
		cfi_uleb(b);
		set_where(row, reg, OTHER, 0);
		break;
	case DW_CFA_expression:
		register_expression(m, b);
		break;
	case DW_CFA_val_expression:
		reg = cfi_uleb(b);
		cfi_skip(b, cfi_uleb(b));
		set_where(row, reg, OTHER, 0);
		break;
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		reg = cfi_uleb(b);
		cfi_uleb(b);
		set_where(row, reg, OTHER, 0);
		break;
	default:
		return false;
	}
	return true;
}

/* Executes an instruction that changes the row; the caller handles those that advance the
 * location. */
static void execute(struct machine *m, const struct cfi_entry *entry, struct cfi_cursor *b,
		    uint8_t op)
{
	struct row *row = &m->row;

	if (execute_cfa(m, entry, b, op) || execute_register(m, entry, b, op))
		return;
	switch (op) {
	case DW_CFA_nop:
	/* the return address is signed; arch_return_address() removes the signature */
	case DW_CFA_AARCH64_negate_ra_state:
		break;
	case DW_CFA_remember_state:
		if (m->depth == MAX_REMEMBERED)
			m->bad = true;
		else
			m->remembered[m->depth++] = *row;
		break;
	case DW_CFA_restore_state:
		if (m->depth == 0)
			m->bad = true;
		else
			*row = m->remembered[--m->depth];
		break;
	case DW_CFA_GNU_args_size:
		cfi_uleb(b);
		break;
	default:
		m->bad = true;
	}
}

/* Runs until the row that covers `pc` is complete. */
static void run(struct machine *m, const struct cfi_entry *entry, struct cfi_cursor b, uintptr_t pc)
{
	uintptr_t location = entry->start;

	while (b.at < b.end && !b.bad && !m->bad) {
		uint8_t op = (uint8_t)cfi_fixed(&b, 1);
		uint64_t advance;

		if ((op & HIGH) == DW_CFA_advance_loc)
			advance = op & ~HIGH;
		else if (op >= DW_CFA_advance_loc1 && op <= DW_CFA_advance_loc4)
			advance = cfi_fixed(&b, 1u << (op - DW_CFA_advance_loc1));
		else if (op == DW_CFA_set_loc) { /* not written for .eh_frame */
			m->bad = true;
			return;
		} else {
			execute(m, entry, &b, op);
			continue;
		}
		location += advance * entry->code_align;
		if (location > pc)
			return;
	}
	m->bad |= b.bad;
}

static bool known_return(const struct row *row)
{
	if (row->ra == SAME)
		return ARCH_RETURN_IN_REGISTER;
	return row->ra == AT_CFA && row->ra_offset % 8 == 0 && row->ra_offset < 0 &&
	       (ARCH_RETURN_IN_REGISTER ? row->ra_offset >= INT16_MIN * 8l : row->ra_offset == -8);
}

static struct cfi_rule rule_of_row(const struct row *row)
{
	struct cfi_rule rule = {.kind = CFI_HARD};

	if (row->ra == UNDEFINED) {
		rule.kind = CFI_OUTERMOST;
		return rule;
	}
	if (!known_return(row) || row->fp == OTHER || row->cfa_offset != (int32_t)row->cfa_offset ||
	    row->fp_offset != (int32_t)row->fp_offset)
		return rule;
	rule.kind = row->cfa_kind;
	rule.ra_slot = row->ra == SAME ? 0 : (int16_t)(row->ra_offset / 8);
	rule.fp = row->fp == AT_CFA ? CFI_FP_AT_CFA : row->fp == AT_FP ? CFI_FP_AT_FP : CFI_FP_SAME;
	rule.cfa_offset = (int32_t)row->cfa_offset;
	rule.fp_offset = (int32_t)row->fp_offset;
	return rule;
}

struct cfi_rule cfi_rule(const struct module *module, uintptr_t pc)
{
	struct cfi_entry entry = {0};
	struct machine m = {
		.row = {.cfa_kind = CFI_HARD, .ra = ARCH_RETURN_IN_REGISTER ? SAME : OTHER}};

	switch (cfi_find(module, pc, &entry)) {
	case CFI_FOUND:
		break;
	case CFI_ABSENT:
		return (struct cfi_rule){.kind = CFI_NONE};
	case CFI_UNREADABLE:
		return (struct cfi_rule){.kind = CFI_HARD};
	}
	if (entry.signal_frame)
		return (struct cfi_rule){.kind = CFI_SIGNAL};
	run(&m, &entry, entry.common, pc);
	m.initial = m.row;
	run(&m, &entry, entry.own, pc);
	if (m.bad)
		return (struct cfi_rule){.kind = CFI_HARD};
	return rule_of_row(&m.row);
}
