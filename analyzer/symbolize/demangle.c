/*
 * Names as their authors wrote them: see demangle.h.
 * Called by symbolize.c. The only includer of libiberty.
 */
#include "symbolize/demangle.h"

#include <string.h>

#include <libiberty/demangle.h>

char *demangle(const char *name)
{
	/* Only what looks mangled: libiberty would make types of C names such as "f" or "i". A name in a hostile file may
	 * be long: demanglers recurse. */
	if ((strncmp(name, "_Z", 2) != 0 && strncmp(name, "_R", 2) != 0 && strncmp(name, "__Z", 3) != 0) ||
	    strlen(name) > 4000)
		return NULL;
	return cplus_demangle(name, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
}
