/*
 * A file that is there whole or not at all: written under a temporary name beside it, then renamed.
 * Must not: print; the caller says what is wrong, by errno.
 */
#ifndef SILT_UTIL_WHOLE_FILE_H
#define SILT_UTIL_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
	FILE *file;
	/* temporary: NULL: the path is written to */
	char *path, *temporary;
};

/* Opens PATH.PID.tmp, beside what a symbolic link leads to. False, and errno, if it cannot be
 * made. What is at `path` stays until whole_file_close(). What is no file (a device, a pipe) is
 * written to as it is. */
bool whole_file_open(struct whole_file *file, const char *path);
/* Puts the file in its place if all of it was written and `keep` holds, else removes it. False,
 * and errno, if it is not there. */
bool whole_file_close(struct whole_file *file, bool keep);

#endif
