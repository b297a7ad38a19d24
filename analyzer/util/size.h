/*
 * Formats sizes as tracemalloc does (CPython, Lib/tracemalloc.py, _format_size).
 */
#ifndef SILT_UTIL_SIZE_H
#define SILT_UTIL_SIZE_H

#include <stdbool.h>

#define SIZE_TEXT 40

/*
 * Writes "845 B", "4428 KiB" or "12.3 MiB" to `buffer`, which has SIZE_TEXT bytes, and returns it.
 * The size is divided by 1024 until it is below 10240 or the unit is TiB, and has one decimal if it
 * is then below 100 and not in bytes. `sign`: a difference, written with its sign.
 */
const char *size_format(char *buffer, double bytes, bool sign);

#endif
