/* load/program.c: programs found as execvp finds them, scripts, and ELF files that are not what
 * they say. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/program.h"
#include "suites.h"

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("program", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return fd;
}

static bool read_bytes(struct program *program, const void *data, size_t size)
{
	int fd = file_of(data, size);
	bool good;

	*program = (struct program){0};
	good = program_read_elf(program, fd);
	close(fd);
	return good;
}

START_TEST(foreign_headers_are_recognised)
{
	Elf32_Ehdr small = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
					EV_CURRENT},
			    .e_type = ET_EXEC,
			    .e_machine = EM_386,
			    .e_version = EV_CURRENT,
			    .e_ehsize = sizeof small};
	struct program program;

	ck_assert(read_bytes(&program, &small, sizeof small));
	ck_assert_int_eq(program.elf_class, ELFCLASS32);
	ck_assert_int_eq(program.machine, EM_386);
	ck_assert_ptr_null(program.loader);
	ck_assert(!program.is_loader && !program.go && !program.sanitizer);
	program_free(&program);
	small.e_type = ET_REL; /* nothing to be started */
	ck_assert(!read_bytes(&program, &small, sizeof small));
	ck_assert(!read_bytes(&program, &small, 20));
	ck_assert(!read_bytes(&program, "#!/bin/sh\n", 10));
	ck_assert(!read_bytes(&program, "", 0));
}
END_TEST

/* This program, and what becomes of it when bytes of it are something else. */
START_TEST(changed_bytes_do_no_harm)
{
	static unsigned char bytes[1 << 20];
	static const unsigned char extreme[] = {0, 1, 0x7f, 0x80, 0xff};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, bytes, sizeof bytes);
	struct program program;
	unsigned random = 1;

	close(fd);
	ck_assert_int_gt(size, 4096);
	for (int i = 0; i < 3000; i++) {
		size_t at = (random = random * 1664525 + 1013904223) >> 8;
		unsigned char kept;

		at %= i % 2 ? 64 + 56 * 12 : (size_t)size; /* every other time in the headers */
		kept = bytes[at];
		bytes[at] = extreme[(unsigned)i / 2 % sizeof extreme];
		read_bytes(&program, bytes, i % 5 ? (size_t)size : at);
		program_free(&program);
		bytes[at] = kept;
	}
}
END_TEST

START_TEST(this_program_is_read)
{
	struct program program;

	ck_assert(program_read(&program, "/proc/self/exe"));
	ck_assert(program.elf && !program.script);
	ck_assert_ptr_nonnull(program.loader);
	program_free(&program);
	ck_assert(!program_read(&program, "/nothing/here"));
	program_free(&program);
	ck_assert(!program_read(&program, ""));
	program_free(&program);
	ck_assert(!program_read(&program, "no-such-program-anywhere"));
	program_free(&program);
	ck_assert(!program_read(&program, "/etc")); /* a directory */
	program_free(&program);
}
END_TEST

static void make_script(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(scripts_lead_to_their_interpreter)
{
	char directory[] = "/tmp/silt-unit.XXXXXX", path[100], loop[200], sh[4096];
	static const struct {
		const char *text;
		bool shell; /* it leads to /bin/sh */
	} cases[] = {
		{"#!/bin/sh\n", true},
		{"#! /bin/sh -e\n", true},
		{"#!/bin/sh", true},
		{"#!/usr/bin/env sh\n", true},
		{"#!/usr/bin/env -S NAME=value sh -e\n", true},
		{"echo no first line\n", true},
		{"#!/nothing/here\n", false},
		{"#!\n", false},
		{"#!/usr/bin/env\n", false},
		{"\177ELF", true}, /* execvp() gives what the kernel does not know to the shell */
	};
	struct program program;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_ptr_nonnull(realpath("/bin/sh", sh));
	snprintf(path, sizeof path, "%s/script", directory);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_script(path, cases[i].text);
		ck_assert(program_read(&program, path));
		ck_assert_msg((program.elf && program.script && strcmp(program.file, sh) == 0) ==
				      cases[i].shell,
			      "%s: %s", cases[i].text, program.file ? program.file : "nowhere");
		program_free(&program);
	}
	snprintf(loop, sizeof loop, "#!%s\n", path); /* itself, for ever */
	make_script(path, loop);
	ck_assert(program_read(&program, path));
	ck_assert(!program.elf);
	program_free(&program);
	setenv("PATH", directory, 1); /* a process of its own: see Check */
	ck_assert(program_read(&program, "script"));
	program_free(&program);
	chmod(path, 0600);
	ck_assert(geteuid() == 0 ? !program_read(&program, path)
				 : !program_read(&program, "script"));
	program_free(&program);
	unlink(path);
	rmdir(directory);
}
END_TEST

Suite *program_suite(void)
{
	return suite_of("program",
			(const TTest *const[]){foreign_headers_are_recognised,
					       changed_bytes_do_no_harm, this_program_is_read,
					       scripts_lead_to_their_interpreter, NULL});
}
