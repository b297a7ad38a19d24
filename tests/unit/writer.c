/*
 * Writes snapshot files: see writer.h.
 */
#include "writer.h"

#include <string.h>
#include <zlib.h>

#include "silt_checksum.h"

static uint32_t checksum(const struct writer *writer, const void *bytes, size_t size)
{
	return writer->version == SILT_VERSION_CRC32 ? (uint32_t)crc32_z(0, bytes, size)
						     : silt_crc32c(bytes, size);
}

void writer_begin(struct writer *writer)
{
	/* not all of it: a page that is written costs more than a test */
	memset(writer->data, 0, sizeof(struct silt_header));
	memset(&writer->size, 0, sizeof *writer - offsetof(struct writer, size));
	writer->size = sizeof(struct silt_header);
	writer->version = SILT_VERSION;
}

static void align(struct writer *writer)
{
	while (writer->size % 8)
		writer->data[writer->size++] = 0;
}

void writer_section(struct writer *writer, uint32_t kind, uint32_t record_size, uint64_t count,
		    const void *bytes, size_t size)
{
	align(writer);
	writer->sections[writer->section_count++] =
		(struct silt_section){kind, record_size, writer->size, size, count, 0, 0};
	memcpy(writer->data + writer->size, bytes, size);
	writer->size += size;
}

void writer_seal(struct writer *writer)
{
	struct silt_header header = {.version = writer->version,
				     .section_count = writer->section_count};
	size_t table = writer->section_count * sizeof writer->sections[0];

	for (uint32_t i = 0; i < writer->section_count; i++)
		writer->sections[i].crc =
			checksum(writer, writer->data + writer->sections[i].offset,
				 writer->sections[i].size);
	memcpy(header.magic, SILT_MAGIC, sizeof header.magic);
	header.table_offset = writer->table;
	header.table_crc = checksum(writer, writer->sections, table);
	memcpy(writer->data + writer->table, writer->sections, table);
	header.file_size = writer->size;
	header.header_crc = checksum(writer, &header, offsetof(struct silt_header, header_crc));
	memcpy(writer->data, &header, sizeof header);
}

void writer_end(struct writer *writer)
{
	align(writer);
	writer->table = writer->size;
	writer->size += writer->section_count * sizeof writer->sections[0];
	writer_seal(writer);
}

size_t writer_varints(unsigned char *bytes, const uint64_t *numbers, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t value = numbers[i];

		for (; value >= 0x80; value >>= 7)
			bytes[size++] = (unsigned char)(value | 0x80);
		bytes[size++] = (unsigned char)value;
	}
	return size;
}

#define VARINTS(writer, kind, count, ...)                                                          \
	do {                                                                                       \
		unsigned char varints_[512];                                                       \
		const uint64_t numbers[] = {__VA_ARGS__};                                          \
		size_t written =                                                                   \
			writer_varints(varints_, numbers, sizeof numbers / sizeof numbers[0]);     \
		writer_section(writer, kind, 0, count, varints_, written);                         \
	} while (0)

void writer_example(struct writer *writer)
{
	static const char strings[] = "/bin/programlabel\033[1m0123456789abcdefghijargument";
	struct silt_process process = {.pid = 42,
				       .sequence = 7,
				       .trigger = SILT_TRIGGER_CALL,
				       .executable = {0, 12},
				       .label = {12, 9},
				       .generation = 3,
				       .generation_width = 1,
				       .total_blocks = 30,
				       .total_bytes = 3000,
				       .freed_blocks = 10,
				       .freed_bytes = 1000,
				       .live_blocks = 20,
				       .live_bytes = 2000};
	struct silt_module module = {
		.start = 0x1000, .end = 0x9000, .path = {0, 12}, .build_id = {21, 20}};
	struct silt_string argument = {41, 8};
	struct silt_mapping mapping = {
		.name = {0, 12}, .kind = SILT_MAPPING_FILE, .count = 2, .size = 8192};

	writer_begin(writer);
	writer_section(writer, SILT_SECTION_PROCESS, sizeof process, 1, &process, sizeof process);
	writer_section(writer, SILT_SECTION_STRINGS, 0, sizeof strings - 1, strings,
		       sizeof strings - 1);
	writer_section(writer, SILT_SECTION_ARGUMENTS, sizeof argument, 1, &argument,
		       sizeof argument);
	writer_section(writer, SILT_SECTION_MODULES, sizeof module, 1, &module, sizeof module);
	writer_section(writer, SILT_SECTION_MAPPINGS, sizeof mapping, 1, &mapping, sizeof mapping);
	/* pc 0: module 0, 0x100; pc 1: no module, exact, 0x80 */
	VARINTS(writer, SILT_SECTION_PCS, 2, 2, 0x200, 1, 0xff);
	/* node 1: root, pc 0; node 2: caller 1, pc 1; node 3: caller 1, pc 0 */
	VARINTS(writer, SILT_SECTION_NODES, 3, 1, 0, 1, 1, 2, 0);
	/* node 2: 20 blocks, one bin; node 3: 10 blocks, all freed */
	VARINTS(writer, SILT_SECTION_SITES, 2, 4, 1, 99, 20, 2000, 0, 0, 2000, 5, 6, 100, 0, 1, 2,
		20, 2000, 2, 0, 2, 10, 1000, 10, 1000, 300, 7, 0, 50, 100, 0);
	VARINTS(writer, SILT_SECTION_TEMPORARY, 1, 1, 4);
	/* site 1: by node 2 with free, by node 3 with realloc */
	VARINTS(writer, SILT_SECTION_FREED, 2, 1, 2, SILT_FREED_FREE, 3, 30, 0, 3,
		SILT_FREED_REALLOC, 1, 10);
	/* node 3: of 9 mappings 4 live, unmapped by node 2 */
	VARINTS(writer, SILT_SECTION_MAPPED, 2, 3, SILT_MAPPED_ANONYMOUS, 9, 90000, 4, 40000, 1, 2,
		3, 30, 1, SILT_MAPPED_FILE, 1, 4096, 0, 0, 0);
	writer_end(writer);
}

void writer_graph_example(struct writer *writer, const uint64_t (*edges)[9], size_t edge_count)
{
	struct silt_graph graph = {
		.status = SILT_GRAPH_DONE, .flags = SILT_GRAPH_STOPPED, .threads = 1};
	struct silt_thread thread = {
		.tid = 42, .name = {12, 5}, .start_module = 1, .start_address = 0x100};
	unsigned char bytes[512];

	writer_example(writer);
	/* the table comes last again */
	writer->size -= sizeof writer->sections[0] * writer->section_count;
	memset(writer->data + writer->size, 0, sizeof writer->sections[0] * writer->section_count);
	writer_section(writer, SILT_SECTION_GRAPH, sizeof graph, 1, &graph, sizeof graph);
	writer_section(writer, SILT_SECTION_THREADS, sizeof thread, 1, &thread, sizeof thread);
	/* root 0: global at 0x4000; root 1: a frame of thread 0 */
	VARINTS(writer, SILT_SECTION_ROOTS, 2, SILT_ROOT_GLOBAL, 1, 0, 0x4000, 64, 0,
		SILT_ROOT_SYMBOL, SILT_ROOT_STACK, 0, 1, 0x7000, 96, 1, 0);
	VARINTS(writer, SILT_SECTION_HOLDERS, 2, 1, 0, 15, 1500, 2, 0, 1, 5, 500);
	/* the frame of thread 0, and one that is not known; site 0 from both roots, site 1 from
	 * the global and others */
	VARINTS(writer, SILT_SECTION_FRAMES, 1, 0, 2, 1, 0x7060, 0, 0x20);
	VARINTS(writer, SILT_SECTION_REACH, 2, 0, 2 << 1, 0, 1, 15, 1500, 1, 1 << 1 | 1, 0, 1, 100);
	VARINTS(writer, SILT_SECTION_ANCHORS, 1, 1, 0, 3, 1);
	VARINTS(writer, SILT_SECTION_FILL, 1, 1, 2, 16384, 9000);
	VARINTS(writer, SILT_SECTION_PINS, 1, 1, 2, 3000);
	writer_section(writer, SILT_SECTION_EDGES, 0, edge_count, bytes,
		       writer_varints(bytes, edges[0], 9 * edge_count));
	/* site 0 from the global at 8; site 1 from site 0 at 16; site 0 from the frame */
	VARINTS(writer, SILT_SECTION_PATHS, 3, 0, 0, 14, 1400, 1, 0, 8, 10, 0, 1, 1, 100, 1, 1, 16,
		1, 1, 0, 5, 500, 1, 0, 24, 5);
	VARINTS(writer, SILT_SECTION_CHAINS, 2, 0, 0, 1, 0, 8, 3);
	VARINTS(writer, SILT_SECTION_VERDICTS, 1, 0, 15, 1500, 2, 200, 1, 100, 2, 200, 0, 0, 1, 100,
		1, 100, 0, 3, 12, 5, 0, 0, 0, 0, 0);
	VARINTS(writer, SILT_SECTION_CODE, 1, 0, 8, 0, 1, 0x100, 20);
	VARINTS(writer, SILT_SECTION_REFCOUNTS, 1, 0, 0, 18, 2, 0, 3, 3, 12, 5, 0, 0, 0, 12, 5, 0,
		0);
	VARINTS(writer, SILT_SECTION_COMPONENTS, 1, 1, 2, 200, 2, 0, 8, 0, 0, 16, 0);
	writer_end(writer);
}
