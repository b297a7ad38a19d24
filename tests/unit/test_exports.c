/* model/stacks.c, render/, commands/push*.c: what profiles for other programs hold; names that
 * would break a format; a file that is whole or not there; what has been sent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "model/filter.h"
#include "model/stacks.h"
#include "push/push.h"
#include "push/sent.h"
#include "render/exports.h"
#include "render/names.h"
#include "render/pprof.pb-c.h"
#include "suites.h"
#include "symbolize/frame.h"
#include "traces.h"
#include "util/base64.h"
#include "util/whole_file.h"

static struct traces old_traces, new_traces;
static const struct filter_list everything;
static char empty[] = "";

static void begin(struct traces *traces)
{
	traces_begin(traces);
	traces->snapshot.label = empty;
	traces->snapshot.executable = empty;
}

static struct stacks *gather(bool difference)
{
	new_traces.profile.snapshot = &new_traces.snapshot;
	return stacks_new(difference ? &old_traces.profile : NULL, &new_traces.profile,
			  &everything);
}

static char *fold(const struct stacks *stacks, enum stacks_figure figure)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	folded_write(file, stacks, figure);
	fclose(file);
	return text;
}

static void expect_folded(const char *const *frames, const char *expected)
{
	struct stacks *stacks;
	char *text;

	begin(&new_traces);
	traces_add(&new_traces, 12, 1, frames);
	stacks = gather(false);
	text = fold(stacks, STACKS_LIVE_BYTES);
	ck_assert_str_eq(text, expected);
	free(text);
	stacks_free(stacks);
}

START_TEST(folded_names_cannot_break_a_line)
{
	expect_folded((const char *[]){"b:2", "a:1", NULL}, "a;b 12\n");
	/* No name makes a frame more, or a number more. */
	expect_folded((const char *[]){"b;c:2", "a 7:1", NULL}, "a 7;b:c 12\n");
	expect_folded((const char *[]){"operator 42:2", "a:1", NULL}, "a;operator_42 12\n");
	expect_folded((const char *[]){"f(int, long):2", NULL}, "f(int, long) 12\n");
	expect_folded((const char *[]){"x\n1 2\033[2J:2", NULL}, "x\\x0a1 2\\x1b[2J 12\n");
}
END_TEST

START_TEST(equal_stacks_are_merged)
{
	static const char *const stack[] = {"malloc:9", "b:2", "a:1", NULL};
	struct stacks *stacks;

	begin(&new_traces);
	traces_add(&new_traces, 10, 1, stack);
	traces_add(&new_traces, 20, 2, stack);
	/* The same frames, and an allocator further in that is not shown. */
	memcpy(new_traces.pointers[1], new_traces.pointers[0], sizeof new_traces.pointers[0]);
	new_traces.pointers[1][0] = &new_traces.frames[1][0];
	new_traces.sites[0].blamed = new_traces.sites[1].blamed = 1;
	stacks = gather(false);
	ck_assert_uint_eq(stacks->count, 1);
	ck_assert_uint_eq(stacks->list[0].frame_count, 2);
	ck_assert_uint_eq(stacks->list[0].new[STACKS_LIVE_BYTES], 30);
	ck_assert_uint_eq(stacks->list[0].new[STACKS_LIVE_BLOCKS], 3);
	ck_assert_uint_eq(stacks->new_total[STACKS_ALLOCATED_BYTES], 50);
	ck_assert_uint_eq(stacks->stack_of[0], 0);
	ck_assert_uint_eq(stacks->stack_of[1], 0);
	stacks_free(stacks);
}
END_TEST

static Pprof__Profile *decode(const struct stacks *stacks, enum pprof_kind kind)
{
	static unsigned char plain[65536];
	Pprof__Profile *profile;
	z_stream stream = {0};
	unsigned char *data;
	size_t size;

	data = pprof_encode(stacks, kind, &size);
	ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_in = data;
	stream.avail_in = (unsigned)size;
	stream.next_out = plain;
	stream.avail_out = sizeof plain;
	ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	profile = pprof__profile__unpack(NULL, stream.total_out, plain);
	inflateEnd(&stream);
	free(data);
	ck_assert_ptr_nonnull(profile);
	return profile;
}

static void expect_values(const Pprof__Sample *sample, int64_t a, int64_t b, int64_t c, int64_t d,
			  bool base)
{
	ck_assert_uint_eq(sample->n_value, 4);
	ck_assert_int_eq(sample->value[0], a);
	ck_assert_int_eq(sample->value[1], b);
	ck_assert_int_eq(sample->value[2], c);
	ck_assert_int_eq(sample->value[3], d);
	ck_assert_uint_eq(sample->n_label, base);
}

/* The three ways to look at two snapshots. */
START_TEST(live_allocated_and_grown_are_told_apart)
{
	static const char *const stack[] = {"b:2", "a:1", NULL};
	Pprof__Profile *profile;
	struct stacks *stacks;

	begin(&old_traces);
	begin(&new_traces);
	traces_add(&old_traces, 100, 4, stack);
	traces_add(&new_traces, 70, 6, stack);
	new_traces.counters[0].total_blocks = 8;
	new_traces.counters[0].freed_blocks = 2;
	new_traces.counters[0].total_bytes = 130;
	new_traces.counters[0].freed_bytes = 60;
	memcpy(old_traces.pointers[0], new_traces.pointers[0], sizeof new_traces.pointers[0]);
	stacks = gather(true);
	profile = decode(stacks, PPROF_STATE);
	ck_assert_uint_eq(profile->n_sample, 1);
	expect_values(profile->sample[0], 8, 130, 6, 70, false);
	ck_assert_str_eq(profile->string_table[0], "");
	ck_assert_str_eq(profile->string_table[profile->default_sample_type], "inuse_space");
	pprof__profile__free_unpacked(profile, NULL);
	profile = decode(stacks, PPROF_DIFFERENCE);
	ck_assert_uint_eq(profile->n_sample, 2);
	expect_values(profile->sample[0], 8, 130, 6, 70, false);
	expect_values(profile->sample[1], -5, -110, -4, -100, true);
	ck_assert_str_eq(profile->string_table[profile->sample[1]->label[0]->key], "pprof::base");
	pprof__profile__free_unpacked(profile, NULL);
	profile = decode(stacks, PPROF_INTERVAL);
	ck_assert_uint_eq(profile->n_sample, 1);
	expect_values(profile->sample[0], 3, 20, 6, 70, false);
	pprof__profile__free_unpacked(profile, NULL);
	stacks_free(stacks);
}
END_TEST

START_TEST(frame_without_names_has_an_address)
{
	struct frame frame = {.function = NULL}, address = {.address = 0x12},
		     place = {.address = 0x12, .module = "m\n", .module_path = "/m\n"};
	struct names *names = names_new();

	ck_assert_str_eq(names_get(names, names_of(names, &frame))->function, "[unknown]");
	ck_assert_str_eq(names_get(names, names_of(names, &address))->function, "0x12");
	ck_assert_str_eq(names_get(names, names_of(names, &place))->function, "m\\x0a+0x12");
	ck_assert_uint_eq(names_of(names, &frame), 0);
	ck_assert_uint_eq(names_count(names), 3);
	names_free(names);
}
END_TEST

START_TEST(file_appears_whole_or_not_at_all)
{
	char directory[] = "/tmp/silt-whole.XXXXXX", path[64], link[64];
	struct whole_file file;
	struct stat status;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/file", directory);
	ck_assert(whole_file_open(&file, path));
	fputs("one", file.file);
	ck_assert_int_ne(stat(path, &status), 0);
	ck_assert(whole_file_close(&file, true));
	ck_assert_int_eq(stat(path, &status), 0);
	/* What is not kept leaves what was there. */
	ck_assert(whole_file_open(&file, path));
	fputs("another", file.file);
	ck_assert(!whole_file_close(&file, false));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_size, 3);
	/* A link stays one. */
	snprintf(link, sizeof link, "%s/link", directory);
	ck_assert_int_eq(symlink("file", link), 0);
	ck_assert(whole_file_open(&file, link));
	fputs("three", file.file);
	ck_assert(whole_file_close(&file, true));
	ck_assert_int_eq(lstat(link, &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_size, 5);
	unlink(link);
	/* Neither a device nor a directory is replaced. */
	ck_assert(whole_file_open(&file, "/dev/null"));
	ck_assert(whole_file_close(&file, true));
	ck_assert_int_eq(stat("/dev/null", &status), 0);
	ck_assert(S_ISCHR(status.st_mode));
	ck_assert(!whole_file_open(&file, directory));
	ck_assert_int_eq(errno, EISDIR);
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0); /* it was empty */
	ck_assert(!whole_file_open(&file, path));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static void expect_base64(const char *text, const char *expected)
{
	char *got = base64_encode((const unsigned char *)text, strlen(text));

	ck_assert_str_eq(got, expected);
	free(got);
}

/* RFC 4648, section 10. */
START_TEST(base64_agrees_with_the_rfc)
{
	expect_base64("", "");
	expect_base64("f", "Zg==");
	expect_base64("fo", "Zm8=");
	expect_base64("foo", "Zm9v");
	expect_base64("foob", "Zm9vYg==");
	expect_base64("fooba", "Zm9vYmE=");
	expect_base64("foobar", "Zm9vYmFy");
	expect_base64("\xff\xfe\xfd", "//79");
}
END_TEST

static void expect_shown(const char *url, const char *expected)
{
	char *shown = push_shown_url(url);

	ck_assert_str_eq(shown, expected);
	free(shown);
}

START_TEST(passwords_are_hidden_and_labels_checked)
{
	expect_shown("http://host/path", "http://host/path");
	expect_shown("https://user:pass@host:1/p", "https://host:1/p");
	expect_shown("https://a@b@host", "https://host");
	expect_shown("https://host/a@b?c@d", "https://host/a@b?c@d");
	ck_assert_ptr_null(push_check_label(PUSH_PYROSCOPE, "a_1", "any thing"));
	ck_assert_ptr_nonnull(push_check_label(PUSH_PYROSCOPE, "a", "x}"));
	ck_assert_ptr_null(push_check_label(PUSH_PARCA, "a", "x}"));
	ck_assert_ptr_nonnull(push_check_label(PUSH_PARCA, "", "x"));
	ck_assert_ptr_nonnull(push_check_label(PUSH_PARCA, "__name__", "x"));
	ck_assert_ptr_null(push_check_application(PUSH_PYROSCOPE, "a/b-c.d_1"));
	ck_assert_ptr_nonnull(push_check_application(PUSH_PYROSCOPE, "g++"));
	ck_assert_ptr_null(push_check_application(PUSH_PARCA, "g++"));
	ck_assert_ptr_nonnull(push_check_application(PUSH_PARCA, ""));
	ck_assert_ptr_nonnull(push_check_label(PUSH_PARCA, "a-b", "x"));
	ck_assert_ptr_nonnull(push_check_label(PUSH_PARCA, "a", "x\ny"));
}
END_TEST

START_TEST(what_was_sent_is_remembered_by_engine)
{
	char directory[] = "/tmp/silt-pushed.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_uint_eq(sent_read(directory, "http://a"), 0);
	ck_assert(sent_write(directory, "http://a", 3));
	ck_assert(sent_write(directory, "http://a/b", 7));
	ck_assert(sent_write(directory, "http://a", 4));
	ck_assert_uint_eq(sent_read(directory, "http://a"), 4);
	ck_assert_uint_eq(sent_read(directory, "http://a/b"), 7);
	ck_assert_uint_eq(sent_read(directory, "http://"), 0);
	snprintf(path, sizeof path, "%s/.pushed", directory);
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
	ck_assert(!sent_write(directory, "http://a", 1));
}
END_TEST

Suite *exports_suite(void)
{
	const TTest *const tests[] = {folded_names_cannot_break_a_line,
				      equal_stacks_are_merged,
				      live_allocated_and_grown_are_told_apart,
				      frame_without_names_has_an_address,
				      file_appears_whole_or_not_at_all,
				      base64_agrees_with_the_rfc,
				      passwords_are_hidden_and_labels_checked,
				      what_was_sent_is_remembered_by_engine,
				      NULL};

	return suite_of("exports", tests);
}
