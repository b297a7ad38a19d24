/*
 * Damaged snapshot files that are still worth reading: see repair.h.
 */
#include "repair.h"

#include <string.h>

#include "silt_checksum.h"
#include "silt_snapshot.h"

void repair(unsigned char *data, size_t size)
{
	struct silt_header header;

	if (size < sizeof header)
		return;
	memcpy(&header, data, sizeof header);
	memcpy(header.magic, SILT_MAGIC, sizeof header.magic);
	header.version = SILT_VERSION;
	header.file_size = size;
	if (header.table_offset <= size &&
	    header.section_count <= (size - header.table_offset) / sizeof(struct silt_section)) {
		for (uint32_t i = 0; i < header.section_count; i++) {
			struct silt_section section;
			unsigned char *place = data + header.table_offset + i * sizeof section;

			memcpy(&section, place, sizeof section);
			if (section.offset <= size && section.size <= size - section.offset)
				section.crc = silt_crc32c(data + section.offset, section.size);
			memcpy(place, &section, sizeof section);
		}
		header.table_crc = silt_crc32c(data + header.table_offset,
					       header.section_count * sizeof(struct silt_section));
	}
	header.header_crc = silt_crc32c(&header, offsetof(struct silt_header, header_crc));
	memcpy(data, &header, sizeof header);
}

#define MAX_SECTIONS 64u

/* The sections one behind the other, `changed` with other contents, and their table. 0: it does
 * not fit. */
static size_t put_together(unsigned char *out, size_t max_size, const unsigned char *data,
			   const struct silt_header *header, struct silt_section *sections,
			   uint32_t changed, const unsigned char *contents, size_t contents_size)
{
	struct silt_header result = *header;
	size_t size = sizeof result, table = header->section_count * sizeof *sections;

	memset(out, 0, max_size); /* padding is zero */
	for (uint32_t i = 0; i < header->section_count; i++) {
		size_t length = i == changed ? contents_size : sections[i].size;

		size = (size + 7) & ~(size_t)7;
		if (length > max_size || size + length + table + 8 > max_size)
			return 0;
		memcpy(out + size, i == changed ? contents : data + sections[i].offset, length);
		sections[i].offset = size;
		sections[i].size = length;
		if (i == changed && sections[i].record_size)
			sections[i].count = length / sections[i].record_size;
		else if (i == changed && sections[i].kind == SILT_SECTION_STRINGS)
			sections[i].count = length;
		size += length;
	}
	size = (size + 7) & ~(size_t)7;
	result.table_offset = size;
	memcpy(out + size, sections, table);
	memcpy(out, &result, sizeof result);
	return size + table;
}

size_t mutate_snapshot(unsigned char *data, size_t size, size_t max_size, unsigned seed)
{
	static unsigned char contents[1 << 16], out[1 << 16];
	struct silt_section sections[MAX_SECTIONS];
	struct silt_header header;
	uint32_t changed;
	size_t length;

	if (size < sizeof header || max_size > sizeof out)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(&header, data, sizeof header);
	if (seed % 16 == 0 || header.section_count == 0 || header.section_count > MAX_SECTIONS ||
	    header.table_offset > size ||
	    header.section_count * sizeof *sections > size - header.table_offset)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(sections, data + header.table_offset, header.section_count * sizeof *sections);
	for (uint32_t i = 0; i < header.section_count; i++)
		if (sections[i].offset > size || sections[i].size > size - sections[i].offset ||
		    sections[i].size > sizeof contents)
			return LLVMFuzzerMutate(data, size, max_size);
	changed = seed / 16 % header.section_count;
	/* the number of its records, which may be more or fewer than there are */
	if (seed / 1024 % 8 == 0)
		sections[changed].count += seed % 3 - 1;
	length = sections[changed].size;
	memcpy(contents, data + sections[changed].offset, length);
	length = LLVMFuzzerMutate(contents, length,
				  length + 64 < sizeof contents ? length + 64 : length);
	length = put_together(out, max_size, data, &header, sections, changed, contents, length);
	if (!length)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(data, out, length);
	return length;
}
