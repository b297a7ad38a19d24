/*
 * Sizes as tracemalloc prints them (CPython, Lib/tracemalloc.py, _format_size).
 */
#ifndef SILT_UTIL_SIZE_H
#define SILT_UTIL_SIZE_H

#include <stdbool.h>

#define SIZE_TEXT 40

/*
 * "845 B", "4428 KiB", "12.3 MiB": divided by 1024 until it is below 10240 (or the unit is TiB);
 * with one decimal if it is then below 100 and not in bytes. `sign`: a difference, with its sign.
 * `buffer` has SIZE_TEXT bytes and is returned.
 */
const char *size_format(char *buffer, double bytes, bool sign);

#endif
