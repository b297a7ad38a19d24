/*
 * Names as their authors wrote them: C++, Rust and others.
 * The only includer of libiberty.
 */
#ifndef SILT_SYMBOLIZE_DEMANGLE_H
#define SILT_SYMBOLIZE_DEMANGLE_H

/* The demangled name, to free; NULL if the name is not mangled. */
char *demangle(const char *name);

#endif
