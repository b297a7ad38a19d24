/*
 * Feeds the snapshot reader. With libFuzzer's main (clang -fsanitize=fuzzer) it searches; with this file's
 * own it reads the files it is given. Check sums are made right first, so that what lies behind them is
 * reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "load/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void repair(unsigned char *data, size_t size)
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
				section.crc = (uint32_t)crc32_z(0, data + section.offset, section.size);
			memcpy(place, &section, sizeof section);
		}
		header.table_crc = (uint32_t)crc32_z(0, data + header.table_offset,
						     header.section_count * sizeof(struct silt_section));
	}
	header.header_crc =
		(uint32_t)crc32(0, (unsigned char *)&header, offsetof(struct silt_header, header_crc));
	memcpy(data, &header, sizeof header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);
	struct snapshot_error error;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	snapshot_free(snapshot_parse("input", copy, size, &error));
	repair(copy, size);
	snapshot_free(snapshot_parse("input", copy, size, &error));
	free(copy);
	return 0;
}
