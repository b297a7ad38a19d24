/* Reads the numbers of an unwind table: see cfi_cursor.h. */
#include "unwind/cfi_cursor.h"

#include <dwarf.h>

/* Reads a LEB128 number. Stores the number of its bits, and the last byte. */
static uint64_t read_leb(struct cfi_cursor *b, unsigned *bits, uint64_t *last)
{
	uint64_t value = 0;

	*bits = 0;
	do {
		*last = cfi_fixed(b, 1);
		if (*bits < 64)
			value |= (*last & 0x7f) << *bits;
		*bits += 7;
	} while (*last & 0x80);
	return value;
}

uint64_t cfi_long_uleb(struct cfi_cursor *b)
{
	uint64_t last;
	unsigned bits;

	return read_leb(b, &bits, &last);
}

int64_t cfi_sleb(struct cfi_cursor *b)
{
	uint64_t last, value;
	unsigned bits;

	value = read_leb(b, &bits, &last);
	if (bits < 64 && (last & 0x40))
		value |= ~0ull << bits;
	return (int64_t)value;
}

void cfi_skip(struct cfi_cursor *b, uint64_t size)
{
	if (size > (uint64_t)(b->end - b->at)) {
		b->bad = true;
		b->at = b->end;
	} else {
		b->at += size;
	}
}

/* The part of a DW_EH_PE_ encoding that says what the value is relative to. */
#define BASE 0x70

uintptr_t cfi_encoded(struct cfi_cursor *b, uint8_t encoding, uintptr_t data)
{
	uintptr_t place = (uintptr_t)b->at;
	uint64_t value;

	switch (encoding & CFI_FORM) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = cfi_fixed(b, 8);
		break;
	case DW_EH_PE_uleb128:
		value = cfi_uleb(b);
		break;
	case DW_EH_PE_sleb128:
		value = (uint64_t)cfi_sleb(b);
		break;
	case DW_EH_PE_udata2:
		value = cfi_fixed(b, 2);
		break;
	case DW_EH_PE_sdata2:
		value = (uint64_t)(int16_t)cfi_fixed(b, 2);
		break;
	case DW_EH_PE_udata4:
		value = cfi_fixed(b, 4);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)(int32_t)cfi_fixed(b, 4);
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
