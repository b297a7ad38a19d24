/* Finds the entry of a program counter in a module's unwind tables: see cfi_entry.h. */
#include "unwind/cfi_entry.h"

#include <dwarf.h>
#include <string.h>

#include "base/arch.h"
#include "unwind/modules.h"

static bool parse_cie(const struct module *module, const unsigned char *cie,
		      struct cfi_entry *entry, uint8_t *encoding, bool *has_augmentation_size)
{
	struct cfi_cursor b = {cie, (const unsigned char *)module->end, false};
	uint32_t length = (uint32_t)cfi_fixed(&b, 4);
	const char *augmentation;
	uint8_t version;

	if (length == 0 || length >= 0xfffffff0u || length > (size_t)(b.end - b.at))
		return false;
	b.end = b.at + length;
	if (cfi_fixed(&b, 4) != 0)
		return false;
	version = (uint8_t)cfi_fixed(&b, 1);
	augmentation = (const char *)b.at;
	while (!b.bad && cfi_fixed(&b, 1))
		;
	if (version == 4)
		cfi_skip(&b, 2); /* address and segment selector sizes */
	entry->code_align = cfi_uleb(&b);
	entry->data_align = cfi_sleb(&b);
	if ((version == 1 ? cfi_fixed(&b, 1) : cfi_uleb(&b)) != ARCH_DWARF_RA || b.bad)
		return false;
	*encoding = 0;
	*has_augmentation_size = augmentation[0] == 'z';
	if (*has_augmentation_size) {
		uint64_t size = cfi_uleb(&b);
		struct cfi_cursor data = {b.at, b.end, false};

		cfi_skip(&b, size);
		for (const char *letter = augmentation + 1; *letter; letter++) {
			if (*letter == 'R')
				*encoding = (uint8_t)cfi_fixed(&data, 1);
			else if (*letter == 'L')
				cfi_skip(&data, 1);
			else if (*letter == 'P')
				cfi_encoded(&data, (uint8_t)cfi_fixed(&data, 1) & CFI_FORM, 0);
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

static bool parse_fde(const struct module *module, const unsigned char *fde,
		      struct cfi_entry *entry)
{
	struct cfi_cursor b = {fde, (const unsigned char *)module->end, false};
	const unsigned char *place;
	uint8_t encoding;
	bool has_augmentation_size;
	uint32_t length, back;

	if ((uintptr_t)fde < module->start || (uintptr_t)fde >= module->end)
		return false;
	length = (uint32_t)cfi_fixed(&b, 4);
	if (length == 0 || length >= 0xfffffff0u || length > (size_t)(b.end - b.at))
		return false;
	b.end = b.at + length;
	place = b.at;
	back = (uint32_t)cfi_fixed(&b, 4);
	if (back == 0 || back > (uintptr_t)place - module->start)
		return false;
	if (!parse_cie(module, place - back, entry, &encoding, &has_augmentation_size) ||
	    (encoding & DW_EH_PE_indirect))
		return false;
	entry->start = cfi_encoded(&b, encoding, 0);
	entry->size = cfi_encoded(&b, encoding & CFI_FORM, 0);
	if (has_augmentation_size)
		cfi_skip(&b, cfi_uleb(&b));
	entry->own = b;
	return !b.bad;
}

/* Binary search in .eh_frame_hdr's table. Linkers write pairs of 32-bit offsets from the header;
 * other forms are allowed but not seen, and leave the pc to libunwind. */
static const unsigned char *search_table(const struct module *module, uintptr_t pc)
{
	const unsigned char *header = module->eh_frame_hdr;
	struct cfi_cursor b = {header, (const unsigned char *)module->end, false};
	uint64_t count, low = 0, high;
	uint8_t frame_encoding, count_encoding, table_encoding;

	if ((uintptr_t)header < module->start || (uintptr_t)header + 8 > module->end ||
	    cfi_fixed(&b, 1) != 1)
		return NULL;
	frame_encoding = (uint8_t)cfi_fixed(&b, 1);
	count_encoding = (uint8_t)cfi_fixed(&b, 1);
	table_encoding = (uint8_t)cfi_fixed(&b, 1);
	cfi_encoded(&b, frame_encoding, (uintptr_t)header);
	count = cfi_encoded(&b, count_encoding, (uintptr_t)header);
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

enum cfi_found cfi_find(const struct module *module, uintptr_t pc, struct cfi_entry *entry)
{
	const unsigned char *fde;

	if (!module->eh_frame_hdr)
		return CFI_ABSENT;
	fde = search_table(module, pc);
	if (!fde || !parse_fde(module, fde, entry))
		return CFI_UNREADABLE;
	return pc - entry->start < entry->size ? CFI_FOUND : CFI_ABSENT;
}
