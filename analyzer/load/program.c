/*
 * Finds what a command would start: see program.h. program_elf.c reads the ELF file.
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

#define MOST_SCRIPTS 5 /* the kernel's limit of nested script interpreters */

/* -- search -- */

static bool is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* Returns the path of the executable as execvp() finds it, which the caller frees; NULL: none. A
 * name with a slash is a path; an empty part of $PATH is the working directory. */
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

/* Returns the next word of a #! line, and advances `at`. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	*at = *end ? end + 1 : end;
	*end = 0;
	return word;
}

/* Returns what env starts in "#!/usr/bin/env [-S] [NAME=VALUE...] NAME". */
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

/* Returns the program that a script names in its first line; for a text file without such a line
 * the shell, as execvp() does. NULL: not a script, or its interpreter is missing. */
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

/* -- privileges -- */

/* Returns why the kernel would set AT_SECURE: execve(2), capabilities(7). */
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

/* -- the program -- */

/* Returns a descriptor of the file at the end of the scripts; -1: it cannot be opened. */
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
		/* O_NONBLOCK, because the path may name a FIFO */
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
		return true; /* executable, but not readable */
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
