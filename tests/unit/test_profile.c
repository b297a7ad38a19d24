/* model/profile.c: sites get the frames of their pcs, whatever can be known of them. */
#include <string.h>

#include "load/snapshot.h"
#include "model/blame.h"
#include "model/profile.h"
#include "suites.h"
#include "symbolize/symbolize.h"
#include "writer.h"

START_TEST(frames_without_modules_have_addresses)
{
	static struct writer writer;
	struct snapshot_error error;
	struct snapshot *snapshot;
	struct profile_context *context = profile_context_new();
	struct blame blame = {0};
	struct profile *profile;

	writer_example(&writer);
	snapshot = snapshot_parse("FILE", writer.data, writer.size, &error);
	ck_assert_ptr_nonnull(snapshot);
	profile = profile_new(context, snapshot, &blame);
	ck_assert_uint_eq(profile->site_count, 2);
	ck_assert_uint_eq(profile->sites[0].frame_count, 2);
	/* innermost: no module; outermost: a module whose file does not exist */
	ck_assert_ptr_null(profile->sites[0].frames[0]->module);
	ck_assert_uint_eq(profile->sites[0].frames[0]->address, 0x80);
	ck_assert_str_eq(profile->sites[0].frames[1]->module, "program");
	ck_assert_ptr_null(profile->sites[0].frames[1]->function);
	/* symbolized once */
	ck_assert_ptr_eq(profile->sites[0].frames[1], profile->sites[1].frames[0]);
	ck_assert_ptr_nonnull(symbolizer_note(profile_context_symbolizer(context), 0));
	ck_assert_ptr_null(symbolizer_note(profile_context_symbolizer(context), 1));
	profile_free(profile);
	profile_context_free(context);
	snapshot_free(snapshot);
}
END_TEST

/* Two sites of two frames each. */
START_TEST(frames_beyond_the_limit_are_left_out)
{
	static struct writer writer;
	struct snapshot_error error;
	struct snapshot *snapshot;
	struct profile_context *context = profile_context_new();
	struct blame blame = {0};
	struct profile *profile;
	const char *note = NULL;

	writer_example(&writer);
	snapshot = snapshot_parse("FILE", writer.data, writer.size, &error);
	profile_most_frames = 4;
	profile = profile_new(context, snapshot, &blame);
	ck_assert_uint_eq(profile->depth, UINT32_MAX);
	ck_assert_uint_eq(profile->sites[0].frame_count, 2);
	profile_free(profile);
	profile_most_frames = 3;
	profile = profile_new(context, snapshot, &blame);
	ck_assert_uint_eq(profile->depth, 1);
	ck_assert_uint_eq(profile->sites[0].frame_count, 1);
	ck_assert_uint_eq(profile->sites[0].blamed, 0);
	ck_assert_uint_eq(profile->sites[0].frames[0]->address, 0x80);
	for (size_t i = 0; symbolizer_note(profile_context_symbolizer(context), i); i++)
		note = symbolizer_note(profile_context_symbolizer(context), i);
	ck_assert_str_eq(note,
			 "FILE: call stacks are cut at 1 frames, for all of them would be 0 MiB");
	profile_free(profile);
	profile_context_free(context);
	snapshot_free(snapshot);
}
END_TEST

Suite *profile_suite(void)
{
	return suite_of("profile",
			(const TTest *const[]){frames_without_modules_have_addresses,
					       frames_beyond_the_limit_are_left_out, NULL});
}
