/*
 * Writes a file that exists completely or not at all: under a temporary name beside it, which is
 * then renamed.
 * Must not: print; the caller reports the error by errno.
 */
#ifndef SILT_UTIL_WHOLE_FILE_H
#define SILT_UTIL_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
	FILE *file;
	/* `temporary` NULL: `path` is written directly */
	char *path, *temporary;
};

/* Opens PATH.PID.tmp, beside the target of a symbolic link. Returns false and errno if it cannot
 * be created. What is at `path` stays until whole_file_close(). A device or a pipe is written
 * directly. */
bool whole_file_open(struct whole_file *file, const char *path);
/* Renames the file if all of it was written and `keep` is true, otherwise removes it. Returns
 * false and errno if the file is not in place. */
bool whole_file_close(struct whole_file *file, bool keep);

#endif
