/* model/holders.c: roots become holders, paths lead from them. */
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/blame.h"
#include "model/holders.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "suites.h"
#include "symbolize/variable.h"
#include "writer.h"

static const uint64_t edges[][9] = {
	{0 << 1 | 1, 8, 8, 24, 0, 1, 10, 0, 0}, /* root 0: an array -> site 0 */
	{0 << 1, 16, 0, 0, 1, 1, 1, 0, 0},	/* site 0 + 16 -> site 1 */
	{0 << 1, 0, 0, 0, 0, 33, 4, 0, 4},	/* site 0 -> the next of its kind, byte 32 */
	{1 << 1 | 1, 24, 0, 0, 0, 1, 5, 0, 0},	/* root 1 -> site 0 */
};

/* Edges at one place are no array with a distance of 0 between its elements. */
static const uint64_t damaged[][9] = {
	{0 << 1 | 1, 8, 0, 0, 0, 1, 2, 0, 0},
	{0 << 1 | 1, 8, 0, 0, 0, 1, 2, 0, 0},
	{0 << 1 | 1, 8, 0, 0, 0, 1, 2, 0, 0},
	{0 << 1 | 1, 8, 0, 0, 0, 1, 2, 0, 0},
};

static struct profile_context *context;
static struct snapshot *snapshot;
static struct profile *profile;
static struct holders *holders;

static void open_graph(const uint64_t (*list)[9], size_t count)
{
	static struct writer writer;
	static const struct blame blame = {0};
	struct snapshot_error error;

	context = profile_context_new();
	writer_graph_example(&writer, list, count);
	snapshot = snapshot_parse("FILE", writer.data, writer.size, &error);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	profile = profile_new(context, snapshot, &blame);
	holders = holders_new(context, profile);
}

static void close_graph(void)
{
	holders_free(holders);
	profile_free(profile);
	profile_context_free(context);
	snapshot_free(snapshot);
}

START_TEST(holders_are_all_sets_of_roots)
{
	const struct holder *global;
	struct path_step *steps;
	size_t count;

	open_graph(edges, 4);
	/* the global alone, both together, the frame alone */
	ck_assert_uint_eq(holders->count, 3);
	global = holders->list[0];
	ck_assert_uint_eq(global->kind, SILT_ROOT_GLOBAL);
	ck_assert_uint_eq(global->retained_bytes, 1500);
	ck_assert_uint_eq(global->held_bytes, 1500);
	ck_assert_uint_eq(global->path_count, 2);
	ck_assert_uint_eq(holders->list[1]->sharer_count, 2);
	ck_assert_uint_eq(holders->list[1]->retained_bytes, 500);
	ck_assert_ptr_eq(holders->list[1]->sharers[0], global);
	ck_assert_uint_eq(holders->list[2]->kind, SILT_ROOT_STACK);
	ck_assert_str_eq(holders->list[2]->thread->name, "label");
	/* to site 1: through the array, along the chain, by the pointer at 16 */
	steps = holders_steps(holders, &global->paths[1], &count);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(steps[0].offset, 8);
	ck_assert_uint_eq(steps[0].stride, 8);
	ck_assert(steps[1].repeats);
	ck_assert_uint_eq(steps[1].target, 32);
	ck_assert_uint_eq(steps[2].offset, 16);
	free(steps);
	ck_assert_str_eq(holders_path(holders, &holders->list[0]->paths[0]),
			 "program+0x4000+0x8[]->+0x0");
	close_graph();
}
END_TEST

START_TEST(edges_at_one_place_have_no_stride)
{
	struct path_step *steps;
	size_t count;

	open_graph(damaged, 4);
	steps = holders_steps(holders, &holders->list[0]->paths[0], &count);
	ck_assert_uint_ge(count, 1);
	ck_assert_uint_eq(steps[0].stride, 0);
	free(steps);
	close_graph();
}
END_TEST

/* Where the program is stripped, or not there, at least the place. */
START_TEST(start_of_an_unknown_thread_is_an_offset)
{
	struct snapshot_thread unknown;
	char *text;

	open_graph(edges, 4);
	ck_assert_ptr_null(holders_thread_start(holders, &snapshot->graph.threads[0]));
	text = holders_thread_start_text(holders, &snapshot->graph.threads[0]);
	ck_assert_str_eq(text, "program+0x100");
	free(text);
	unknown = snapshot->graph.threads[0];
	unknown.record.start_module = 0;
	text = holders_thread_start_text(holders, &unknown);
	ck_assert_str_eq(text, "the same function");
	free(text);
	close_graph();
}
END_TEST

static void folds(const char *text, const char *expected)
{
	char copy[200];

	strcpy(copy, text);
	holders_fold_path(copy);
	ck_assert_str_eq(copy, expected);
}

START_TEST(repeated_fields_are_told_once)
{
	folds("head", "head");
	folds("head->next", "head->next");
	folds("head->next->next", "head->next->next");
	folds("head->next->next->next", "head->next");
	folds("head->kid[1]->kid[0]->kid[1]", "head->kid[]");
	folds("head->kid[1]->kid[1]->kid[1]->value", "head->kid[1]->value");
	folds("a->b->c->b->c->b->c", "a->b->c->b->c->b->c");
	folds("a.list->link.next->link.next->link.next->link->link->links",
	      "a.list->link.next->link->link->links");
	folds("head->next->next->next[]", "head->next");
	folds("head->links[0].next->links[1].next->links[0].next", "head->links[].next");
	folds("head->links[0].next->links[0].back->links[0].next",
	      "head->links[0].next->links[0].back->links[0].next");
	folds("+0x20->+0x0->+0x0[]", "+0x20->+0x0->+0x0[]");
}
END_TEST

Suite *holders_suite(void)
{
	return suite_of("holders", (const TTest *const[]){holders_are_all_sets_of_roots,
							  edges_at_one_place_have_no_stride,
							  start_of_an_unknown_thread_is_an_offset,
							  repeated_fields_are_told_once, NULL});
}
