/* Reads a module's unwind tables: see cfi.h. */
#include "unwind/cfi.h"

#include <dwarf.h>
#include <string.h>

#include "base/arch.h"

/* -- bytes within bounds -- */

struct cursor {
	const unsigned char *at, *end;
	/* read past the end: all further reads give 0 */
	bool bad;
};

static uint64_t fixed(struct cursor *b, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(b->end - b->at) < size) {
		b->bad = true;
		b->at = b->end;
		return 0;
	}
	memcpy(&value, b->at, size);
	b->at += size;
	return value;
}

static uint64_t long_uleb(struct cursor *b)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = fixed(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

/* Nearly all numbers have one byte. */
static inline uint64_t uleb(struct cursor *b)
{
	if (b->at < b->end && *b->at < 0x80)
		return *b->at++;
	return long_uleb(b);
}

static int64_t sleb(struct cursor *b)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = fixed(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~0ull << shift;
	return (int64_t)value;
}

static void skip(struct cursor *b, uint64_t size)
{
	if (size > (uint64_t)(b->end - b->at)) {
		b->bad = true;
		b->at = b->end;
	} else {
		b->at += size;
	}
}

/* The parts of a DW_EH_PE_ encoding: the format, and what the value is relative to. */
#define FORM 0x0f
#define BASE 0x70

/* A pointer in one of the DW_EH_PE_ encodings; `data` is the base for "datarel". */
static uintptr_t encoded(struct cursor *b, uint8_t encoding, uintptr_t data)
{
	uintptr_t place = (uintptr_t)b->at;
	uint64_t value;

	switch (encoding & FORM) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = fixed(b, 8);
		break;
	case DW_EH_PE_uleb128:
		value = uleb(b);
		break;
	case DW_EH_PE_sleb128:
		value = (uint64_t)sleb(b);
		break;
	case DW_EH_PE_udata2:
		value = fixed(b, 2);
		break;
	case DW_EH_PE_sdata2:
		value = (uint64_t)(int16_t)fixed(b, 2);
		break;
	case DW_EH_PE_udata4:
		value = fixed(b, 4);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)(int32_t)fixed(b, 4);
		break;
	default:
		b->bad = true;
		return 0;
	}
	switch (encoding & BASE) {
	case DW_EH_PE_absptr:
		break;
	case DW_EH_PE_pcrel:
		value += place;
		break;
	case DW_EH_PE_datarel:
		value += data;
		break;
	default:
		b->bad = true;
	}
	return value;
}

/* -- finding the entry -- */

struct entry {
	/* the code it covers */
	uintptr_t start, size;
	/* the CIE's instructions and the FDE's */
	struct cursor common, own;
	uint64_t code_align;
	int64_t data_align;
	bool signal_frame;
};

static bool parse_cie(const struct module *module, const unsigned char *cie, struct entry *entry,
		      uint8_t *encoding, bool *has_augmentation_size)
{
	struct cursor b = {cie, (const unsigned char *)module->end, false};
	uint32_t length = (uint32_t)fixed(&b, 4);
	const char *augmentation;
	uint8_t version;

	if (length == 0 || length >= 0xfffffff0u || length > (size_t)(b.end - b.at))
		return false;
	b.end = b.at + length;
	if (fixed(&b, 4) != 0)
		return false;
	version = (uint8_t)fixed(&b, 1);
	augmentation = (const char *)b.at;
	while (!b.bad && fixed(&b, 1))
		;
	if (version == 4)
		skip(&b, 2); /* address and segment selector sizes */
	entry->code_align = uleb(&b);
	entry->data_align = sleb(&b);
	if ((version == 1 ? fixed(&b, 1) : uleb(&b)) != ARCH_DWARF_RA || b.bad)
		return false;
	*encoding = 0;
	*has_augmentation_size = augmentation[0] == 'z';
	if (*has_augmentation_size) {
		uint64_t size = uleb(&b);
		struct cursor data = {b.at, b.end, false};

		skip(&b, size);
		for (const char *letter = augmentation + 1; *letter; letter++) {
			if (*letter == 'R')
				*encoding = (uint8_t)fixed(&data, 1);
			else if (*letter == 'L')
				skip(&data, 1);
			else if (*letter == 'P')
				encoded(&data, (uint8_t)fixed(&data, 1) & FORM, 0);
			else if (*letter == 'S')
				entry->signal_frame = true;
			else
				return false;
		}
		if (data.bad)
			return false;
	} else if (augmentation[0]) {
		return false;
	}
	entry->common = b;
	return !b.bad;
}

static bool parse_fde(const struct module *module, const unsigned char *fde, struct entry *entry)
{
	struct cursor b = {fde, (const unsigned char *)module->end, false};
	const unsigned char *place;
	uint8_t encoding;
	bool has_augmentation_size;
	uint32_t length, back;

	if ((uintptr_t)fde < module->start || (uintptr_t)fde >= module->end)
		return false;
	length = (uint32_t)fixed(&b, 4);
	if (length == 0 || length >= 0xfffffff0u || length > (size_t)(b.end - b.at))
		return false;
	b.end = b.at + length;
	place = b.at;
	back = (uint32_t)fixed(&b, 4);
	if (back == 0 || back > (uintptr_t)place - module->start)
		return false;
	if (!parse_cie(module, place - back, entry, &encoding, &has_augmentation_size) ||
	    (encoding & DW_EH_PE_indirect))
		return false;
	entry->start = encoded(&b, encoding, 0);
	entry->size = encoded(&b, encoding & FORM, 0);
	if (has_augmentation_size)
		skip(&b, uleb(&b));
	entry->own = b;
	return !b.bad;
}

/* Binary search in .eh_frame_hdr's table. Linkers write pairs of 32-bit offsets from the header;
 * other forms are allowed but not seen, and leave the pc to libunwind. */
static const unsigned char *search_table(const struct module *module, uintptr_t pc)
{
	const unsigned char *header = module->eh_frame_hdr;
	struct cursor b = {header, (const unsigned char *)module->end, false};
	uint64_t count, low = 0, high;
	uint8_t frame_encoding, count_encoding, table_encoding;

	if ((uintptr_t)header < module->start || (uintptr_t)header + 8 > module->end ||
	    fixed(&b, 1) != 1)
		return NULL;
	frame_encoding = (uint8_t)fixed(&b, 1);
	count_encoding = (uint8_t)fixed(&b, 1);
	table_encoding = (uint8_t)fixed(&b, 1);
	encoded(&b, frame_encoding, (uintptr_t)header);
	count = encoded(&b, count_encoding, (uintptr_t)header);
	if (b.bad || table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
	    count > (size_t)(b.end - b.at) / 8)
		return NULL;
	high = count;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int32_t offset;

		memcpy(&offset, b.at + middle * 8, 4);
		if ((uintptr_t)header + (uintptr_t)(intptr_t)offset <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	int32_t offset;
	memcpy(&offset, b.at + (low - 1) * 8 + 4, 4);
	return header + offset;
}

/* -- running its instructions -- */

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
static bool frame_pointer_expression(struct cursor *b, int64_t *offset, bool *dereferenced)
{
	uint64_t size = uleb(b);
	struct cursor expression = {b->at, b->at, false};
	bool known;

	if (size > (size_t)(b->end - b->at))
		size = 0;
	expression.end = b->at + size;
	skip(b, size);
	known = fixed(&expression, 1) == DW_OP_breg0 + ARCH_DWARF_FP;
	*offset = sleb(&expression);
	*dereferenced = expression.at < expression.end && fixed(&expression, 1) == DW_OP_deref;
	return known && !expression.bad && expression.at == expression.end;
}

static void restore(struct machine *m, uint64_t reg)
{
	if (reg == ARCH_DWARF_FP)
		set_where(&m->row, reg, m->initial.fp, m->initial.fp_offset);
	else if (reg == ARCH_DWARF_RA)
		set_where(&m->row, reg, m->initial.ra, m->initial.ra_offset);
}

static void cfa_expression(struct machine *m, struct cursor *b)
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

static void register_expression(struct machine *m, struct cursor *b)
{
	uint64_t reg = uleb(b);
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
static bool execute_cfa(struct machine *m, const struct entry *entry, struct cursor *b, uint8_t op)
{
	struct row *row = &m->row;
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = uleb(b);
		set_cfa(row, reg, (int64_t)uleb(b));
		break;
	case DW_CFA_def_cfa_sf:
		reg = uleb(b);
		set_cfa(row, reg, scaled((uint64_t)sleb(b), entry->data_align));
		break;
	case DW_CFA_def_cfa_register:
		set_cfa(row, uleb(b), row->cfa_offset);
		break;
	case DW_CFA_def_cfa_offset:
		row->cfa_offset = (int64_t)uleb(b);
		break;
	case DW_CFA_def_cfa_offset_sf:
		row->cfa_offset = scaled((uint64_t)sleb(b), entry->data_align);
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
static bool execute_register(struct machine *m, const struct entry *entry, struct cursor *b,
			     uint8_t op)
{
	struct row *row = &m->row;
	uint64_t reg;

	if ((op & HIGH) == DW_CFA_restore) {
		restore(m, op & ~HIGH);
		return true;
	}
	if ((op & HIGH) == DW_CFA_offset) {
		set_where(row, op & ~HIGH, AT_CFA, scaled(uleb(b), entry->data_align));
		return true;
	}
	switch (op) {
	case DW_CFA_offset_extended:
		reg = uleb(b);
		set_where(row, reg, AT_CFA, scaled(uleb(b), entry->data_align));
		break;
	case DW_CFA_offset_extended_sf:
		reg = uleb(b);
		set_where(row, reg, AT_CFA, scaled((uint64_t)sleb(b), entry->data_align));
		break;
	case DW_CFA_restore_extended:
		restore(m, uleb(b));
		break;
	case DW_CFA_undefined:
		set_where(row, uleb(b), UNDEFINED, 0);
		break;
	case DW_CFA_same_value:
		set_where(row, uleb(b), SAME, 0);
		break;
	case DW_CFA_register:
		reg = uleb(b);
		uleb(b);
		set_where(row, reg, OTHER, 0);
		break;
	case DW_CFA_expression:
		register_expression(m, b);
		break;
	case DW_CFA_val_expression:
		reg = uleb(b);
		skip(b, uleb(b));
		set_where(row, reg, OTHER, 0);
		break;
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		reg = uleb(b);
		uleb(b);
		set_where(row, reg, OTHER, 0);
		break;
	default:
		return false;
	}
	return true;
}

/* Executes an instruction that changes the row; the caller handles those that advance the
 * location. */
static void execute(struct machine *m, const struct entry *entry, struct cursor *b, uint8_t op)
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
		uleb(b);
		break;
	default:
		m->bad = true;
	}
}

/* Runs until the row that covers `pc` is complete. */
static void run(struct machine *m, const struct entry *entry, struct cursor b, uintptr_t pc)
{
	uintptr_t location = entry->start;

	while (b.at < b.end && !b.bad && !m->bad) {
		uint8_t op = (uint8_t)fixed(&b, 1);
		uint64_t advance;

		if ((op & HIGH) == DW_CFA_advance_loc)
			advance = op & ~HIGH;
		else if (op >= DW_CFA_advance_loc1 && op <= DW_CFA_advance_loc4)
			advance = fixed(&b, 1u << (op - DW_CFA_advance_loc1));
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
	struct entry entry = {0};
	struct machine m = {
		.row = {.cfa_kind = CFI_HARD, .ra = ARCH_RETURN_IN_REGISTER ? SAME : OTHER}};
	struct cfi_rule rule = {.kind = CFI_HARD};
	const unsigned char *fde;

	if (!module->eh_frame_hdr)
		return (struct cfi_rule){.kind = CFI_NONE};
	fde = search_table(module, pc);
	if (!fde)
		return rule;
	if (!parse_fde(module, fde, &entry))
		return rule;
	if (pc - entry.start >= entry.size)
		return (struct cfi_rule){.kind = CFI_NONE};
	if (entry.signal_frame)
		return (struct cfi_rule){.kind = CFI_SIGNAL};
	run(&m, &entry, entry.common, pc);
	m.initial = m.row;
	run(&m, &entry, entry.own, pc);
	return m.bad ? rule : rule_of_row(&m.row);
}
