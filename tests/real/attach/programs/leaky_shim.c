/* Preloaded before a server is started: a copy of the path of each file that it opens is lost. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *noted;

static void note_path(const char *path)
{
	noted = strdup(path);
}

int open64(const char *path, int flags, ...)
{
	static int (*next)(const char *, int, ...);
	va_list arguments;
	mode_t mode;

	if (!next)
		next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	note_path(path);
	return next(path, flags, mode);
}
