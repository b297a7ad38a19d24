/* Loads libraries: see library.h. */
#include "util/library.h"

#include <dlfcn.h>
#include <string.h>

void *library_open(const char *file)
{
	return dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

bool library_find(void *library, const char *name, void *pointer)
{
	void *found = library ? dlsym(library, name) : NULL;

	/* ISO C has no conversion to a pointer to a function */
	memcpy(pointer, &found, sizeof found);
	return found != NULL;
}
