/* load/source.c: found by the recorded path, the given one, or below the working directory;
 * told from another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/source.h"
#include "suites.h"

#define LATER UINT64_MAX

static char directory[] = "/tmp/silt-source.XXXXXX";

static void begin(void)
{
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	mkdir("src", 0700);
	file = fopen("src/a.c", "w");
	ck_assert_ptr_nonnull(file);
	fputs("one\n\ttwo\r\nthree", file);
	fclose(file);
}

static void end(void)
{
	unlink("src/a.c");
	rmdir("src");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(directory);
}

START_TEST(source_is_found)
{
	struct source *source;

	begin();
	source = source_open("src/a.c", NULL, LATER, 3);
	ck_assert_int_eq(source->status, SOURCE_SAME);
	ck_assert_uint_eq(source->count, 3);
	ck_assert_str_eq(source->lines[1], "\ttwo");
	ck_assert_str_eq(source->lines[2], "three");
	source_free(source);
	source = source_open("/build/project-1.0/src/a.c", NULL, LATER, 0);
	ck_assert_str_eq(source->path, "src/a.c");
	source_free(source);
	source = source_open("/build/b.c", "src/a.c", LATER, 0);
	ck_assert_str_eq(source->path, "src/a.c");
	source_free(source);
	end();
}
END_TEST

START_TEST(another_source_is_told)
{
	struct source *source;

	begin();
	source = source_open("src/a.c", NULL, LATER, 4); /* too short */
	ck_assert_int_eq(source->status, SOURCE_CHANGED);
	source_free(source);
	source = source_open("src/a.c", NULL, 1000, 3); /* newer than a program of 1970 */
	ck_assert_int_eq(source->status, SOURCE_CHANGED);
	source_free(source);
	end();
}
END_TEST

START_TEST(missing_source_is_told)
{
	static const char *const paths[] = {"/nowhere/b.c", "", "/", "/dev/zero", "src"};

	begin();
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct source *source = source_open(paths[i], NULL, LATER, 0);

		ck_assert_int_eq(source->status, SOURCE_MISSING);
		ck_assert_ptr_null(source->path);
		ck_assert_uint_eq(source->count, 0);
		source_free(source);
	}
	ck_assert_int_eq(mkfifo("src/pipe", 0600), 0); /* would block whoever opens it */
	source_free(source_open("src/pipe", NULL, LATER, 0));
	unlink("src/pipe");
	end();
}
END_TEST

START_TEST(age_is_that_of_the_older_file)
{
	begin();
	/* the file is newer than the recording */
	ck_assert_uint_eq(source_built("src/a.c", 1000), 1000);
	ck_assert_uint_lt(source_built("src/a.c", LATER), LATER);
	ck_assert_uint_eq(source_built(NULL, 77), 77);
	ck_assert_uint_eq(source_built("/nowhere", 77), 77);
	end();
}
END_TEST

/* A file of nothing, larger than memory, and one of nothing but lines: neither is read, and
 * that is said. */
START_TEST(endless_source_is_not_read)
{
	struct source *source;
	FILE *file;

	begin();
	ck_assert_int_eq(truncate("src/a.c", 1l << 40), 0);
	source = source_open("src/a.c", NULL, LATER, 3);
	ck_assert_int_eq(source->status, SOURCE_LARGE);
	ck_assert_uint_eq(source->count, 0);
	source_free(source);
	ck_assert_str_eq(source_status_name(SOURCE_LARGE), "large");
	file = fopen("src/a.c", "w");
	for (size_t i = 0; i < SOURCE_MOST_LINES; i++)
		putc('\n', file);
	fclose(file);
	source = source_open("src/a.c", NULL, LATER, 3);
	ck_assert_int_eq(source->status, SOURCE_LARGE);
	source_free(source);
	ck_assert_int_eq(truncate("src/a.c", SOURCE_MOST_LINES - 1), 0);
	source = source_open("src/a.c", NULL, LATER, 3);
	ck_assert_uint_eq(source->count, SOURCE_MOST_LINES - 1);
	source_free(source);
	end();
}
END_TEST

Suite *source_suite(void)
{
	const TTest *const tests[] = {source_is_found,
				      another_source_is_told,
				      missing_source_is_told,
				      age_is_that_of_the_older_file,
				      endless_source_is_not_read,
				      NULL};

	return suite_of("source", tests);
}
