/* load/run_dir.c: which snapshots a directory holds, and in which order. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "suites.h"

static char base[] = "/tmp/silt-unit.XXXXXX";

static void touch(const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", base, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make(const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", base, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void clean(void)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", base);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(snapshots_are_in_order)
{
	struct snapshot_error error;
	struct run_dir *run;

	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_ptr_null(run_dir_open(base, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "no snapshots"));
	make("a.1");
	touch("a.1/0010.silt");
	touch("a.1/0009.silt");
	touch("a.1/10001.silt"); /* more than four digits: after, not before 9999 */
	touch("a.1/9999.silt");
	touch("a.1/.0011.silt.tmp");
	touch("a.1/control");
	touch("a.1/x.silt");
	run = run_dir_open(base, &error); /* the only run in it */
	ck_assert_ptr_nonnull(run);
	ck_assert_uint_eq(run->count, 4);
	ck_assert_ptr_nonnull(strstr(run->snapshots[0], "/0009.silt"));
	ck_assert_ptr_nonnull(strstr(run->snapshots[1], "/0010.silt"));
	ck_assert_ptr_nonnull(strstr(run->snapshots[2], "/9999.silt"));
	ck_assert_ptr_nonnull(strstr(run->snapshots[3], "/10001.silt"));
	run_dir_free(run);
	make("b.2");
	touch("b.2/0001.silt");
	ck_assert_ptr_null(run_dir_open(base, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "a.1"));
	ck_assert_ptr_nonnull(strstr(error.text, "b.2"));
	clean();
	ck_assert_ptr_null(run_dir_open(base, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
}
END_TEST

/* As somebody who may not look into it, which root may. */
static void look_at(const char *closed)
{
	struct snapshot_error error;
	size_t count;
	char **runs;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
		_exit(2);
	runs = run_dir_all(base, &count, &error);
	if (count != 1 || !strstr(runs[0], "/a.1") || !strstr(error.text, closed) ||
	    !strstr(error.text, "Permission denied") || errno != EACCES)
		_exit(1);
	_exit(0);
}

static void expect_error(const char *closed)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		look_at(closed);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void set_mode(const char *name, mode_t mode)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", base, name);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(unreadable_directory_is_told)
{
	struct snapshot_error error;
	size_t count;
	char **runs;

	ck_assert_ptr_nonnull(mkdtemp(base));
	set_mode("", 0755);
	make("a.1");
	touch("a.1/0001.silt");
	set_mode("a.1", 0755);
	make("b");
	make("b/c.2");
	set_mode("b", 0);
	expect_error("/b:");
	set_mode("b", 0444); /* it has something in it, but not even what can be told */
	expect_error("/b:");
	set_mode("b", 0700);
	runs = run_dir_all(base, &count, &error);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(error.text, "");
	free(runs[0]);
	free(runs);
	clean();
}
END_TEST

Suite *run_dir_suite(void)
{
	return suite_of("run_dir", (const TTest *const[]){snapshots_are_in_order,
							  unreadable_directory_is_told, NULL});
}
