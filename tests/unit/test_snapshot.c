/* load/snapshot.c: what is right is read, what is wrong is refused with one clear line,
 * whatever it is. */
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "silt_checksum.h"
#include "silt_snapshot.h"
#include "suites.h"
#include "writer.h"

static struct writer writer;
static struct snapshot_error error;

static struct snapshot *parse(size_t size)
{
	return snapshot_parse("FILE", writer.data, size, &error);
}

static void refused(const char *piece)
{
	struct snapshot *snapshot = parse(writer.size);

	ck_assert_ptr_null(snapshot);
	ck_assert_msg(strstr(error.text, piece) != NULL, "%s: lacks \"%s\"", error.text, piece);
	ck_assert_ptr_nonnull(strstr(error.text, "FILE: "));
}

START_TEST(good_snapshot_is_read)
{
	struct snapshot *s;

	writer_example(&writer);
	s = parse(writer.size);
	ck_assert_msg(s != NULL, "%s", error.text);
	ck_assert_uint_eq(s->process.pid, 42);
	ck_assert_str_eq(s->executable, "/bin/program");
	ck_assert_str_eq(s->label, "label\033[1m");
	ck_assert_uint_eq(s->argument_count, 1);
	ck_assert_str_eq(s->arguments[0], "argument");
	ck_assert_uint_eq(s->module_count, 1);
	ck_assert_uint_eq(s->modules[0].build_id_size, 20);
	ck_assert_uint_eq(s->pcs[0].address, 0x100);
	ck_assert_uint_eq(s->pcs[0].module, 0);
	ck_assert_uint_eq(s->pcs[1].address, 0x80);
	ck_assert_uint_eq(s->pcs[1].module, SNAPSHOT_NO_MODULE);
	ck_assert(s->pcs[1].exact);
	ck_assert_uint_eq(s->nodes[3].parent, 1);
	ck_assert_uint_eq(s->site_count, 2);
	ck_assert_uint_eq(s->sites[0].node, 2);
	ck_assert_uint_eq(s->sites[0].depth, 99);
	ck_assert_uint_eq(snapshot_live_bytes(&s->sites[0]), 2000);
	ck_assert_uint_eq(s->sites[0].last_ns, 11);
	ck_assert_uint_eq(s->sites[0].bin_count, 1);
	ck_assert_uint_eq(s->bins[0].number, 2);
	ck_assert_uint_eq(s->bins[0].blocks, 20);
	ck_assert_uint_eq(s->sites[1].node, 3);
	ck_assert_uint_eq(snapshot_live_blocks(&s->sites[1]), 0);
	ck_assert_uint_eq(s->sites[1].max_size, 150);
	ck_assert_uint_eq(s->sites[0].temporary_blocks, 0);
	ck_assert_uint_eq(s->sites[1].temporary_blocks, 4);
	ck_assert_uint_eq(s->freed_count, 2);
	ck_assert_uint_eq(s->freed[0].site, 1);
	ck_assert_uint_eq(s->freed[0].node, 2);
	ck_assert_uint_eq(s->freed[1].site, 1);
	ck_assert_uint_eq(s->freed[1].how, SILT_FREED_REALLOC);
	ck_assert_uint_eq(s->freed[1].weight, 10);
	ck_assert_uint_eq(s->mapped_count, 2);
	ck_assert_uint_eq(s->mapped[0].node, 3);
	ck_assert_uint_eq(s->mapped[0].live_bytes, 40000);
	ck_assert_uint_eq(s->unmapper_count, 1);
	ck_assert_uint_eq(s->unmappers[s->mapped[0].first_unmapper].weight, 30);
	ck_assert_uint_eq(s->mapped[1].kinds, SILT_MAPPED_FILE);
	snapshot_free(s);
}
END_TEST

START_TEST(no_truncation_is_read)
{
	writer_example(&writer);
	for (size_t size = 0; size < writer.size; size++) {
		ck_assert_ptr_null(parse(size));
		ck_assert_ptr_nonnull(strstr(error.text, "FILE: "));
	}
	writer.size++;
	refused("damaged snapshot");
}
END_TEST

/* -- every bit counts -- */

/* Snapshots with a heap graph that silt itself wrote, of samples/tree_cycle.c: version 1 by the
 * last release that did. */
#define TAKE_IN(name, file)                                                                        \
	extern const unsigned char name[], name##_end[];                                           \
	__asm__(".pushsection .rodata\n" #name ":\n"                                               \
		".incbin \"tests/formats/" file "\"\n" #name "_end:\n"                             \
		".popsection\n")

TAKE_IN(version1, "0.1.0/tree_cycle.silt");
TAKE_IN(version2, "0.2.0/tree_cycle.silt");

/* Each file with one bit flipped is refused, by an error that names the file, the place and the
 * remedy. */
static void flip_every_bit(const unsigned char *bytes, size_t size)
{
	unsigned char *data = malloc(size);
	struct snapshot *snapshot = snapshot_parse("FILE", bytes, size, &error);

	ck_assert_msg(snapshot != NULL, "%s", error.text);
	snapshot_free(snapshot);
	memcpy(data, bytes, size);
	for (size_t i = 0; i < size * 8; i++) {
		data[i / 8] ^= (unsigned char)(1 << i % 8);
		snapshot = snapshot_parse("FILE", data, size, &error);
		data[i / 8] ^= (unsigned char)(1 << i % 8);
		ck_assert_msg(snapshot == NULL, "bit %zu of byte %zu of %zu is not covered", i % 8,
			      i / 8, size);
		ck_assert_msg(strncmp(error.text, "FILE: ", 6) == 0 && strstr(error.text, "byte"),
			      "%s", error.text);
		ck_assert_msg(strstr(error.text, "take the snapshot again") ||
				      strstr(error.text, "use the silt that wrote it") ||
				      strstr(error.text, "name a .silt file"),
			      "%s", error.text);
	}
	free(data);
}

START_TEST(no_flipped_bit_is_read)
{
	flip_every_bit(version1, (size_t)(version1_end - version1));
	flip_every_bit(version2, (size_t)(version2_end - version2));
	writer_example(&writer);
	flip_every_bit(writer.data, writer.size);
}
END_TEST

/* The two versions say the same of the same program. */
START_TEST(both_versions_say_the_same)
{
	struct snapshot *old =
		snapshot_parse("FILE", version1, (size_t)(version1_end - version1), &error);
	struct snapshot *new =
		snapshot_parse("FILE", version2, (size_t)(version2_end - version2), &error);

	ck_assert(old && new);
	ck_assert_str_eq(old->executable, new->executable);
	ck_assert_uint_eq(old->site_count, new->site_count);
	ck_assert_uint_eq(old->graph.summary.status, SILT_GRAPH_DONE);
	ck_assert_uint_eq(new->graph.summary.status, SILT_GRAPH_DONE);
	snapshot_free(old);
	snapshot_free(new);
}
END_TEST

START_TEST(checksums_are_crc32c)
{
	static const unsigned char digits[] = "123456789"; /* the usual check value of CRC-32C */
	unsigned char bytes[256];

	ck_assert_uint_eq(silt_crc32c(digits, 9), 0xE3069283);
	ck_assert_uint_eq(~silt_crc32c_by_table(~0u, digits, 9), 0xE3069283);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 37);
	for (size_t from = 0; from < 16; from++)
		for (size_t size = 0; size < sizeof bytes - 16; size++)
			ck_assert_uint_eq(silt_crc32c(bytes + from, size),
					  ~silt_crc32c_by_table(~0u, bytes + from, size));
}
END_TEST

/* What the check sums match and is still no file: sections that overlap, padding that is not
 * zero. */
START_TEST(impossible_layouts_are_refused)
{
	writer_example(&writer);
	writer.sections[2].offset = writer.sections[1].offset;
	writer_seal(&writer);
	refused("overlaps");
	writer_example(&writer);
	writer.sections[0].offset += 4;
	writer_seal(&writer);
	refused("not at a multiple of 8");
	writer_example(&writer);
	writer.sections[1].offset = writer.table;
	writer_seal(&writer);
	refused("overlaps");
	writer_example(&writer);
	ck_assert_uint_ne(writer.sections[1].size % 8, 0);
	writer.data[writer.sections[1].offset + writer.sections[1].size] = 1;
	writer_seal(&writer);
	refused("padding between strings and arguments, is not 0");
}
END_TEST

/* The example with one byte of a section replaced, and check sums made anew. */
static void read_with_byte(const struct writer *example, size_t section, size_t at, unsigned value)
{
	unsigned char bytes[1024];

	writer_begin(&writer);
	for (size_t i = 0; i < example->section_count; i++) {
		const struct silt_section *o = &example->sections[i];

		memcpy(bytes, example->data + o->offset, o->size);
		if (i == section)
			bytes[at] = (unsigned char)value;
		writer_section(&writer, o->kind, o->record_size, o->count, bytes, o->size);
	}
	writer_end(&writer);
	snapshot_free(parse(writer.size));
}

/* The same with check sums made anew, so that what lies behind them is tested: no crash, no
 * hang. */
START_TEST(no_byte_behind_the_sums_does_harm)
{
	static struct writer example;

	writer_example(&example);
	for (size_t section = 0; section < example.section_count; section++)
		for (size_t at = 0; at < example.sections[section].size; at++)
			for (unsigned value = 0; value < 256; value += 5)
				read_with_byte(&example, section, at, value);
}
END_TEST

/* The example with one section replaced. */
static void replace(uint32_t kind, uint32_t record_size, uint64_t count, const uint64_t *numbers,
		    size_t n)
{
	static struct writer example;
	unsigned char bytes[1024];

	writer_example(&example);
	writer_begin(&writer);
	for (size_t i = 0; i < example.section_count; i++) {
		const struct silt_section *s = &example.sections[i];

		if (s->kind == kind)
			writer_section(&writer, kind, record_size, count, bytes,
				       writer_varints(bytes, numbers, n));
		else
			writer_section(&writer, s->kind, s->record_size, s->count,
				       example.data + s->offset, s->size);
	}
	writer_end(&writer);
}

#define REPLACE(kind, count, ...)                                                                  \
	replace(kind, 0, count, (const uint64_t[]){__VA_ARGS__},                                   \
		sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

START_TEST(lies_are_refused)
{
	writer_example(&writer);
	memcpy(writer.data, "NOTASILT", 8);
	refused("not a silt snapshot");
	writer_begin(&writer);
	writer.version = SILT_VERSION + 1;
	writer_end(&writer);
	refused("version 3 (header, bytes 8 to 12); this silt reads versions 1 to 2");
	writer_begin(&writer);
	writer_end(&writer);
	refused("no section process");

	REPLACE(SILT_SECTION_PCS, UINT64_MAX, 2, 0x200);
	refused("claims");
	REPLACE(SILT_SECTION_PCS, 1, 4, 0x200); /* module 1 of 1 */
	refused("section pcs, record 0");
	refused("no such module");
	REPLACE(SILT_SECTION_NODES, 1, 2, 0);
	refused("not an earlier node");
	REPLACE(SILT_SECTION_NODES, 1, 0, 0);
	refused("not an earlier node");
	REPLACE(SILT_SECTION_NODES, 1, 1, 9);
	refused("no such pc");
	REPLACE(SILT_SECTION_NODES, 1, 1, 0, 7);
	refused("bytes after the last record");
	REPLACE(SILT_SECTION_NODES, 2, 1, 0, 1);
	refused("claims"); /* three bytes are no two records */
	REPLACE(SILT_SECTION_SITES, 1, 20, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
	refused("no such node");
	REPLACE(SILT_SECTION_SITES, 1, 0, 0, 1, 1, 10, 2, 10, 0, 0, 0, 0, 0, 0);
	refused("more freed than allocated");
	REPLACE(SILT_SECTION_SITES, 1, 0, 0, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, UINT64_MAX);
	refused("more generation bins");
	REPLACE(SILT_SECTION_SITES, 1, 0, 0, 1, 2, 20, 0, 0, 0, 0, 0, 0, 0, 2, 5, 1, 10, 0, 1, 10);
	refused("out of order");
	REPLACE(SILT_SECTION_SITES, 1, 0, 0, 1, 2, 20, 0, 0, 0, UINT64_MAX, 1, 0, 0, 0);
	refused("above 2^64-1");
	REPLACE(SILT_SECTION_TEMPORARY, 1, 2, 1);
	refused("no such site");
	REPLACE(SILT_SECTION_TEMPORARY, 1, 1, 11);
	refused("more temporary blocks");
	REPLACE(SILT_SECTION_FREED, 1, 2, 1, 1, 1, 1);
	refused("no such site");
	REPLACE(SILT_SECTION_FREED, 1, 1, 4, 1, 1, 1);
	refused("no such node");
	REPLACE(SILT_SECTION_MAPPED, 1, 4, 1, 1, 1, 1, 1, 0);
	refused("no such node");
	REPLACE(SILT_SECTION_MAPPED, 1, 3, 1, 1, 1, 1, 1, 1, 4, 1, 1);
	refused("no such node");
	REPLACE(SILT_SECTION_MAPPED, 1, 3, 1, 1, 1, 1, 1, UINT64_MAX, 1, 1, 1);
	refused("more call stacks that unmap");
	replace(SILT_SECTION_MODULES, 0, 1, (const uint64_t[]){1}, 1);
	refused("section modules");
	replace(SILT_SECTION_MODULES, 8, UINT64_MAX / 8, (const uint64_t[]){1}, 1);
	refused("section modules");
}
END_TEST

/* A chain of nodes longer than any traceback. */
START_TEST(endless_traceback_is_refused)
{
	uint64_t numbers[2 * 300];
	unsigned char bytes[2000];
	static struct writer example;

	for (size_t i = 0; i < 300; i++) {
		numbers[2 * i] = 1;
		numbers[2 * i + 1] = 0;
	}
	writer_example(&example);
	writer_begin(&writer);
	for (size_t i = 0; i < example.section_count; i++) {
		const struct silt_section *s = &example.sections[i];

		if (s->kind == SILT_SECTION_NODES)
			writer_section(&writer, s->kind, 0, 300, bytes,
				       writer_varints(bytes, numbers, 600));
		else
			writer_section(&writer, s->kind, s->record_size, s->count,
				       example.data + s->offset, s->size);
	}
	writer_end(&writer);
	refused("more than 256 frames");
}
END_TEST

/* A later version of the same format may add sections and lengthen records. */
START_TEST(additions_of_later_versions_are_skipped)
{
	static struct writer example;
	unsigned char longer[sizeof(struct silt_process) + 16] = {0};
	struct snapshot *snapshot;

	writer_example(&example);
	writer_begin(&writer);
	writer_section(&writer, 63, 0, 1, "from the future", 15);
	for (size_t i = 0; i < example.section_count; i++) {
		const struct silt_section *s = &example.sections[i];

		if (s->kind == SILT_SECTION_PROCESS) {
			memcpy(longer, example.data + s->offset, s->size);
			writer_section(&writer, s->kind, sizeof longer, 1, longer, sizeof longer);
		} else {
			writer_section(&writer, s->kind, s->record_size, s->count,
				       example.data + s->offset, s->size);
		}
	}
	writer_end(&writer);
	snapshot = parse(writer.size);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	ck_assert_uint_eq(snapshot->process.pid, 42);
	snapshot_free(snapshot);
}
END_TEST

Suite *snapshot_suite(void)
{
	return suite_of("snapshot",
			(const TTest *const[]){good_snapshot_is_read, no_truncation_is_read,
					       no_flipped_bit_is_read, both_versions_say_the_same,
					       checksums_are_crc32c, impossible_layouts_are_refused,
					       no_byte_behind_the_sums_does_harm, lies_are_refused,
					       endless_traceback_is_refused,
					       additions_of_later_versions_are_skipped, NULL});
}
