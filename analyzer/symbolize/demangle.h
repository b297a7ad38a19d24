/*
 * Demangles names of C++ and Rust. The only includer of libiberty.
 */
#ifndef SILT_SYMBOLIZE_DEMANGLE_H
#define SILT_SYMBOLIZE_DEMANGLE_H

/* Returns the demangled name, which the caller frees; NULL if the name is not mangled, or its
 * demangled form is too long. */
char *demangle(const char *name);

#endif
