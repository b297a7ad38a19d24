/*
 * C++ names for people: what says nothing to a reader is left out.
 */
#ifndef SILT_SYMBOLIZE_SHORT_NAME_H
#define SILT_SYMBOLIZE_SHORT_NAME_H

/*
 * A demangled name without return type, parameters, inline namespaces (std::__cxx11, std::__1), ABI
 * tags and the standard library's default template arguments; std::string for what that is. To be
 * freed. A name that is not C++ comes back as it is.
 */
char *short_name(const char *full);

#endif
