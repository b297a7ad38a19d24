/*
 * Loads libcurl: see curl.h.
 */
#include "util/curl.h"

#include "util/library.h"

struct curl_library curl;

bool curl_load(void)
{
	void *library = library_open("libcurl.so.4");
	bool complete = true;

#define FIND(name) complete = library_find(library, "curl_" #name, &curl.name) && complete;
	CURL_FUNCTIONS(FIND)
#undef FIND
	return complete;
}
