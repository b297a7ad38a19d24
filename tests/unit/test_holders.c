/* model/holders.c: roots become holders, paths lead from them. */
#include <stdlib.h>
#include <string.h>

#include "model/holders.h"
#include "suites.h"
#include "writer.h"

static const uint64_t edges[][9] = {
	{0 << 1 | 1, 8, 8, 24, 0, 1, 10, 0, 0}, /* root 0: an array -> site 0 */
	{0 << 1, 16, 0, 0, 1, 1, 1, 0, 0},	/* site 0 + 16 -> site 1 */
	{0 << 1, 0, 0, 0, 0, 33, 4, 0, 4},	/* site 0 -> the next of its kind, byte 32 */
	{1 << 1 | 1, 24, 0, 0, 0, 1, 5, 0, 0},	/* root 1 -> site 0 */
};

START_TEST(all)
{
	static struct writer writer;
	struct snapshot_error error;
	struct blame blame = {0};
	struct profile_context *context = profile_context_new();
	struct snapshot *snapshot;
	struct profile *profile;
	struct holders *holders;
	const struct holder *global;
	struct path_step *steps;
	size_t count;

	writer_graph_example(&writer, edges, 4);
	snapshot = snapshot_parse("FILE", writer.data, writer.size, &error);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	profile = profile_new(context, snapshot, &blame);
	holders = holders_new(context, profile);
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
	ck_assert_str_eq(holders_path(holders, &holders->list[0]->paths[0]), "program+0x4000+0x8[]->+0x0");
	holders_free(holders);
	profile_free(profile);
	profile_context_free(context);
	snapshot_free(snapshot);
}
END_TEST

Suite *holders_suite(void)
{
	return suite_of("holders", (const TTest *const[]){all, NULL});
}
