/*
 * From a command's name to what is known of the program: see program.h. The ELF file itself:
 * program_elf.c.
 */
#include "load/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/mem.h"

#define MOST_SCRIPTS 5 /* interpreters that are scripts themselves: the kernel's limit */

/* -- where it is -- */

static bool is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As execvp: a name with a slash is a path; an empty part of $PATH is the working directory. To be
 * freed; NULL: none. */
static char *find(const char *name)
{
	const char *path = getenv("PATH"), *end;

	if (!name[0])
		return NULL;
	if (strchr(name, '/'))
		return is_executable(name) ? mem_string(name) : NULL;
	for (path = path ? path : "/bin:/usr/bin"; path; path = *end ? end + 1 : NULL) {
		char *full;

		end = strchrnul(path, ':');
		full = mem_format("%.*s%s%s", (int)(end - path), path, end > path ? "/" : "", name);
		if (is_executable(full))
			return full;
		free(full);
	}
	return NULL;
}

/* The word that follows in a #! line, and where the rest begins. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	*at = *end ? end + 1 : end;
	*end = 0;
	return word;
}

/* "#!/usr/bin/env [-S] [NAME=VALUE...] NAME": what env looks for. */
static char *behind_env(char *rest)
{
	char *word;

	do
		word = next_word(&rest);
	while (word[0] == '-' || strchr(word, '='));
	return word[0] ? find(word) : NULL;
}

static bool ends_in(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, name) == 0;
}

/* The program that a script names in its first line; for a text without one the shell, which
 * execvp() turns to. NULL: it is no script, or leads nowhere. */
static char *interpreter_of(int fd)
{
	char line[PATH_MAX + 256], *rest, *word;
	ssize_t length = pread(fd, line, sizeof line - 1, 0);

	if (length <= 0 || memchr(line, 0, (size_t)(length < 64 ? length : 64)))
		return NULL;
	line[length] = 0;
	if (strncmp(line, "#!", 2) != 0)
		return mem_string("/bin/sh");
	line[strcspn(line, "\r\n")] = 0;
	rest = line + 2;
	word = next_word(&rest);
	if (!word[0])
		return NULL;
	return ends_in(word, "env") ? behind_env(rest) : mem_string(word);
}

/* -- privileges it is given -- */

/* Where the kernel sets AT_SECURE: execve(2), capabilities(7). */
static const char *privileges_of(int fd)
{
	struct stat status;
	struct statvfs file_system;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || fstat(fd, &status) < 0 ||
	    (fstatvfs(fd, &file_system) == 0 && file_system.f_flag & ST_NOSUID))
		return NULL;
	if (status.st_mode & S_ISUID && status.st_uid != geteuid())
		return "set-user-ID";
	if (status.st_mode & S_ISGID && status.st_mode & S_IXGRP && status.st_gid != getegid())
		return "set-group-ID";
	if (geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return "with file capabilities";
	return NULL;
}

/* -- all -- */

/* The file at the end of the scripts, open; -1. */
static int open_end(struct program *program)
{
	char *interpreter, resolved[PATH_MAX];
	int fd;

	program->file = mem_string(program->path);
	for (int scripts = 0; scripts <= MOST_SCRIPTS; scripts++) {
		if (realpath(program->file, resolved)) {
			free(program->file);
			program->file = mem_string(resolved);
		}
		/* O_NONBLOCK: it may be a FIFO by now. */
		fd = open(program->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		interpreter = fd >= 0 && is_executable(program->file) ? interpreter_of(fd) : NULL;
		if (!interpreter)
			return fd;
		close(fd);
		program->script = true;
		free(program->file);
		program->file = interpreter;
	}
	return -1;
}

bool program_read(struct program *program, const char *name)
{
	int fd;

	*program = (struct program){.path = find(name)};
	if (!program->path)
		return false;
	fd = open_end(program);
	if (fd < 0)
		return true; /* one that may be executed and not be read */
	if (program_read_elf(program, fd))
		program->privileges = privileges_of(fd);
	close(fd);
	return true;
}

void program_free(struct program *program)
{
	free(program->path);
	free(program->file);
	free(program->loader);
	*program = (struct program){0};
}
