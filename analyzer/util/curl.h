/*
 * Loads libcurl when it is used: with the thirty libraries it needs, linking it would take most of
 * the time in which `silt run` starts.
 * Must not: be used before curl_load() has succeeded.
 */
#ifndef SILT_UTIL_CURL_H
#define SILT_UTIL_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

/* these macros check the number of arguments, and would expand the members below */
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define CURL_FUNCTIONS(X)                                                                          \
	X(easy_cleanup)                                                                            \
	X(easy_escape)                                                                             \
	X(easy_getinfo)                                                                            \
	X(easy_init)                                                                               \
	X(easy_perform)                                                                            \
	X(easy_setopt)                                                                             \
	X(easy_strerror)                                                                           \
	X(free)                                                                                    \
	X(global_cleanup)                                                                          \
	X(global_init)                                                                             \
	X(mime_addpart)                                                                            \
	X(mime_data)                                                                               \
	X(mime_filename)                                                                           \
	X(mime_free)                                                                               \
	X(mime_init)                                                                               \
	X(mime_name)                                                                               \
	X(mime_type)                                                                               \
	X(slist_append)                                                                            \
	X(slist_free_all)

#define CURL_MEMBER(name) __typeof__(curl_##name) *name;
struct curl_library {
	CURL_FUNCTIONS(CURL_MEMBER)
};
#undef CURL_MEMBER

/* curl_NAME() of the manual is curl.NAME(). */
extern struct curl_library curl;

/* Returns false if libcurl is missing or too old. Stays loaded. */
bool curl_load(void);

#endif
