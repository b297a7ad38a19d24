/* model/suppressions.c: LeakSanitizer's and Valgrind's syntax, read, matched and written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/suppressions.h"
#include "model/profile.h"
#include "suites.h"
#include "symbolize/frame.h"

static struct suppressions list;
static char path[64], error[300];

static bool read_text(const char *text)
{
	FILE *file;
	int fd;

	suppressions_free(&list);
	snprintf(path, sizeof path, "%s/suppressions.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(path);
	file = fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	error[0] = 0;
	fd = suppressions_read(&list, path, error, sizeof error);
	unlink(path);
	return fd;
}

/* A stack: make < operator[] < (no symbols) < main. */
static const struct frame make = {.function = "make_entry",
				  .file = "/src/cache.c",
				  .module_path = "/opt/app"},
			  index_of = {.function = "Map::operator[](int)",
				      .file = "/src/map.cc",
				      .module_path = "/opt/app"},
			  bare = {.module = "libx.so", .module_path = "/usr/lib/libx.so.1"},
			  outer = {.function = "main",
				   .file = "/src/main.c",
				   .module_path = "/opt/app"};
static const struct frame *frames[] = {&make, &index_of, &bare, &outer};
static const struct profile_site site = {.frames = frames, .frame_count = 4};

static bool suppressed_by(const char *text)
{
	ck_assert_msg(read_text(text), "%s", error);
	return suppressions_find(&list, &site) != NULL;
}

START_TEST(suppressions_of_lsan_are_read)
{
	ck_assert(suppressed_by("leak:make_entry\n"));
	ck_assert(suppressed_by("# a comment\n\n  leak:ke_en  \n"));
	ck_assert(suppressed_by("leak:cache.c"));
	ck_assert(suppressed_by("leak:libx.so"));
	ck_assert(suppressed_by("leak:^main$"));
	ck_assert(suppressed_by("leak:m*entry$"));
	ck_assert(suppressed_by("leak:Map::operator[](int)"));
	ck_assert(!suppressed_by("leak:^ain"));
	ck_assert(!suppressed_by("leak:entr$"));
	ck_assert(!suppressed_by("leak:m?in"));
	ck_assert(!suppressed_by("race:make_entry\n")); /* ThreadSanitizer's */
}
END_TEST

#define BLOCK(lines) "{\n  name\n  Memcheck:Leak\n" lines "}\n"

START_TEST(suppressions_of_valgrind_are_read)
{
	ck_assert(suppressed_by(BLOCK("fun:malloc\nfun:make_entry\n")));
	ck_assert(suppressed_by(BLOCK("fun:make_entry\n")));
	ck_assert(suppressed_by(
		BLOCK("match-leak-kinds: reachable\nfun:*alloc\nfun:make*\n...\nfun:main\n")));
	ck_assert(suppressed_by(BLOCK("...\nobj:/usr/lib/libx.so*\n")));
	ck_assert(suppressed_by(BLOCK("...\nsrc:/src/m?p.cc\n")));
	ck_assert(suppressed_by(
		BLOCK("fun:make_entry\nfun:Map::operator[](int)\nfun:*\nfun:main\n...\n")));
	ck_assert(!suppressed_by(BLOCK("fun:main\n")));
	ck_assert(!suppressed_by(BLOCK("...\nfun:main\nfun:make_entry\n")));
	ck_assert(!suppressed_by(BLOCK("fun:make_entry\nfun:main\n")));
	ck_assert(!suppressed_by("{\n name\n Memcheck:Cond\n fun:make_entry\n}\n"));
	ck_assert(!suppressed_by("{\n name\n Helgrind:Race\n fun:make_entry\n}\n"));
}
END_TEST

START_TEST(many_gaps_take_no_time)
{
	char text[6000] = "{\n name\n Memcheck:Leak\n";

	for (int i = 0; i < 200; i++)
		strcat(text, "...\nfun:*\n");
	strcat(text, "...\nfun:nowhere\n}\n");
	ck_assert(!suppressed_by(text)); /* and that at once */
}
END_TEST

START_TEST(bad_files_are_told_by_line)
{
	ck_assert(!read_text("leak:good\nnonsense\n"));
	ck_assert_ptr_nonnull(strstr(error, ":2: \"nonsense\" is neither"));
	ck_assert(!read_text("\n{\n name\n Memcheck:Leak\n fun:x\n"));
	ck_assert_ptr_nonnull(strstr(error, ":2: the block that begins here lacks its"));
	ck_assert(!read_text(BLOCK("function:x\n")));
	ck_assert_ptr_nonnull(strstr(error, ":4: "));
	ck_assert(!read_text("leak:\n"));
	ck_assert(!suppressions_read(&list, "/no/such/file", error, sizeof error));
	ck_assert_str_eq(error, "/no/such/file: No such file or directory");
}
END_TEST

START_TEST(written_suppressions_suppress)
{
	for (int valgrind = 0; valgrind < 2; valgrind++) {
		char *text;
		size_t size;
		FILE *file = open_memstream(&text, &size);

		ck_assert_ptr_nonnull(file);
		suppressions_write(file, &site, valgrind, "growing-cache");
		fclose(file);
		ck_assert_msg(suppressed_by(text), "%s", text);
		ck_assert_uint_eq(list.count, 1);
		ck_assert_uint_eq(list.list[0].used, 1);
		free(text);
	}
	suppressions_free(&list);
}
END_TEST

Suite *suppressions_suite(void)
{
	return suite_of("suppressions",
			(const TTest *const[]){suppressions_of_lsan_are_read,
					       suppressions_of_valgrind_are_read,
					       many_gaps_take_no_time, bad_files_are_told_by_line,
					       written_suppressions_suppress, NULL});
}
