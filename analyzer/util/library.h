/*
 * Libraries that are loaded when a command first uses them: a container in which silt records does
 * not need them, and other commands start sooner.
 */
#ifndef SILT_UTIL_LIBRARY_H
#define SILT_UTIL_LIBRARY_H

#include <stdbool.h>

/* Returns the library `file`, such as libcurl.so.4, or NULL if it cannot be loaded. It stays
 * loaded. */
void *library_open(const char *file);
/* Stores the address of a function or variable of the library at `pointer`, which points to a
 * pointer. Returns false if the library, which may be NULL, has none of that name. */
bool library_find(void *library, const char *name, void *pointer);

#endif
