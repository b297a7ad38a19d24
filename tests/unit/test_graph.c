/* load/graph.c: the heap graph's sections are read; whatever names something that is not there
 * is refused. */
#include <string.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "suites.h"
#include "writer.h"

static struct writer writer;
static struct snapshot_error error;

static const uint64_t edges[][9] = {
	{0 << 1 | 1, 8, 0, 0, 0, 1, 10, 0, 0},	/* root 0 + 8 -> site 0 */
	{0 << 1, 16, 0, 0, 1, 1, 1, 0, 0},	/* site 0 + 16 -> site 1 */
	{0 << 1, 0, 0, 0, 0, 33, 4, 1, 4},	/* site 0 -> site 0, byte 32 */
	{1 << 1 | 1, 24, 8, 32, 0, 0, 5, 0, 2}, /* root 1: an array -> site 0, differing places */
};

static void refused(const uint64_t *edge, const char *piece)
{
	uint64_t one[1][9];

	memcpy(one[0], edge, sizeof one[0]);
	writer_graph_example(&writer, one, 1);
	ck_assert_ptr_null(snapshot_parse("FILE", writer.data, writer.size, &error));
	ck_assert_msg(strstr(error.text, piece) != NULL, "%s: lacks \"%s\"", error.text, piece);
}

START_TEST(sections_are_read)
{
	struct snapshot *s;
	struct snapshot_graph *g;

	writer_graph_example(&writer, edges, 4);
	s = snapshot_parse("FILE", writer.data, writer.size, &error);
	ck_assert_msg(s != NULL, "%s", error.text);
	g = &s->graph;
	ck_assert_uint_eq(g->summary.status, SILT_GRAPH_DONE);
	ck_assert_uint_eq(g->thread_count, 1);
	ck_assert_str_eq(g->threads[0].name, "label");
	ck_assert_uint_eq(g->root_count, 2);
	ck_assert_uint_eq(g->roots[0].module, 0);
	ck_assert_uint_eq(g->roots[0].thread, UINT32_MAX);
	ck_assert_uint_eq(g->roots[1].module, SNAPSHOT_NO_MODULE);
	ck_assert_uint_eq(g->roots[1].pc, 0);
	ck_assert_uint_eq(g->holders[1].count, 2);
	ck_assert_uint_eq(g->holders[1].bytes, 500);
	ck_assert_uint_eq(g->stack_count, 1);
	ck_assert_uint_eq(g->frames[0].pc, 0);
	ck_assert_uint_eq(g->frames[1].pc, UINT32_MAX);
	ck_assert_uint_eq(g->frames[1].cfa, 0x7080);
	ck_assert_uint_eq(g->reach_count, 2);
	ck_assert_uint_eq(g->reaches[0].roots[1], 1);
	ck_assert(!g->reaches[0].more && g->reaches[1].more);
	ck_assert_uint_eq(g->reaches[1].bytes, 100);
	ck_assert_uint_eq(g->anchors[0].root, 1);
	ck_assert_uint_eq(g->anchors[0].ends, 1);
	ck_assert_uint_eq(g->fill_count, 1);
	ck_assert_uint_eq(g->fills[0].bytes, 16384);
	ck_assert_uint_eq(g->fills[0].used, 9000);
	ck_assert_uint_eq(g->pin_count, 1);
	ck_assert_uint_eq(g->pins[0].bytes, 3000);
	ck_assert_uint_eq(g->edge_count, 4);
	ck_assert(g->edges[0].from_root && !g->edges[1].from_root);
	ck_assert_uint_eq(g->edges[2].target_offset, 32);
	ck_assert(g->edges[3].target_varies);
	ck_assert_uint_eq(g->edges[3].span, 32);
	ck_assert_uint_eq(g->path_count, 3);
	ck_assert_uint_eq(g->links[g->paths[0].first_link].parent, UINT32_MAX);
	ck_assert_uint_eq(g->links[g->paths[1].first_link].parent, 0);
	ck_assert_uint_eq(g->chain_count, 2);
	ck_assert_uint_eq(g->chains[1].offset, 8);
	ck_assert_uint_eq(g->chains[1].blocks, 3);
	ck_assert_uint_eq(g->verdicts[0].bytes[SILT_LOST_CYCLE], 200);
	ck_assert_uint_eq(g->verdicts[0].degrees[1], 12);
	ck_assert_uint_eq(g->codes[0].address, 0x100);
	ck_assert_uint_eq(g->refcounts[0].excess, 3);
	ck_assert_uint_eq(g->components[0].triple_count, 2);
	ck_assert_uint_eq(g->triples[1].offset, 16);
	snapshot_free(s);
}
END_TEST

START_TEST(references_to_nothing_are_refused)
{
	refused((const uint64_t[]){2 << 1, 0, 0, 0, 0, 1, 1, 0, 0}, "section edges, record 0");
	refused((const uint64_t[]){2 << 1 | 1, 0, 0, 0, 0, 1, 1, 0, 0}, "no such source");
	refused((const uint64_t[]){0, 0, 0, 0, 2, 1, 1, 0, 0}, "no such site");
}
END_TEST

/* Every number in the sections, changed to something large, is refused or read: nothing crashes. */
START_TEST(large_numbers_anywhere_do_no_harm)
{
	for (size_t at = sizeof(struct silt_header); at < 1400; at++) {
		struct snapshot *s;

		writer_graph_example(&writer, edges, 4);
		if (at >= writer.size)
			break;
		for (uint32_t i = 0; i < writer.section_count; i++)
			if (writer.sections[i].kind > SILT_SECTION_GRAPH &&
			    at >= writer.sections[i].offset &&
			    at < writer.sections[i].offset + writer.sections[i].size) {
				writer.data[at] = 0x7f;
				writer_seal(&writer);
			}
		s = snapshot_parse("FILE", writer.data, writer.size, &error);
		snapshot_free(s);
	}
}
END_TEST

START_TEST(missing_section_is_refused)
{
	writer_graph_example(&writer, edges, 4);
	for (uint32_t i = 0; i < writer.section_count; i++)
		if (writer.sections[i].kind == SILT_SECTION_PATHS)
			writer.sections[i].kind = 60;
	writer_seal(&writer);
	ck_assert_ptr_null(snapshot_parse("FILE", writer.data, writer.size, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "it has no section paths"));
}
END_TEST

Suite *graph_suite(void)
{
	return suite_of("graph",
			(const TTest *const[]){sections_are_read, references_to_nothing_are_refused,
					       large_numbers_anywhere_do_no_harm,
					       missing_section_is_refused, NULL});
}
