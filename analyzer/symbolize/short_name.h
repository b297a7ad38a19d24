/*
 * Shortens C++ names: leaves out what says nothing to a reader.
 */
#ifndef SILT_SYMBOLIZE_SHORT_NAME_H
#define SILT_SYMBOLIZE_SHORT_NAME_H

/*
 * Returns a demangled name without return type, parameters, inline namespaces (std::__cxx11,
 * std::__1), ABI tags and the standard library's default template arguments, with std::string for
 * its long form. A name that is not C++ is copied. The caller frees the text.
 */
char *short_name(const char *full);

#endif
