/*
 * Loads libcurl: see curl.h.
 */
#include "util/curl.h"

#include <dlfcn.h>
#include <string.h>

struct curl_library curl;

static bool find(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);

	/* ISO C has no conversion to a pointer to a function */
	memcpy(function, &found, sizeof found);
	return found != NULL;
}

bool curl_load(void)
{
	static void *library;
	bool complete = true;

	if (!library)
		library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
#define FIND(name) complete = find(library, "curl_" #name, &curl.name) && complete;
	CURL_FUNCTIONS(FIND)
#undef FIND
	return complete;
}
