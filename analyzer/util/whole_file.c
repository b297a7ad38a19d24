/* Writes a file that exists completely or not at all: see whole_file.h. */
#include "util/whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

static void forget(struct whole_file *file)
{
	free(file->path);
	free(file->temporary);
	*file = (struct whole_file){0};
}

bool whole_file_open(struct whole_file *file, const char *path)
{
	struct stat status;
	bool there = stat(path, &status) == 0;
	char *target = there ? realpath(path, NULL) : NULL;
	int error;

	file->path = target ? target : mem_string(path);
	file->temporary = NULL;
	if (!there || S_ISREG(status.st_mode))
		file->temporary = mem_format("%s.%d.tmp", file->path, (int)getpid());
	file->file = file->temporary ? fopen(file->temporary, "wxe") : fopen(file->path, "we");
	if (file->file)
		return true;
	error = errno;
	forget(file);
	errno = error;
	return false;
}

bool whole_file_close(struct whole_file *file, bool keep)
{
	bool good = keep && !ferror(file->file);
	int error = errno;

	errno = 0;
	if (fclose(file->file) != 0) {
		good = false;
		error = errno;
	}
	if (good && file->temporary && rename(file->temporary, file->path) != 0) {
		good = false;
		error = errno;
	}
	if (!good && file->temporary)
		unlink(file->temporary);
	forget(file);
	errno = error;
	return good;
}
