/*
 * Formats sizes: see size.h.
 */
#include "util/size.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *size_format(char *buffer, double bytes, bool sign)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};

	for (size_t i = 0;; i++) {
		if (fabs(bytes) < 100 && i > 0) {
			snprintf(buffer, SIZE_TEXT, sign ? "%+.1f %s" : "%.1f %s", bytes, units[i]);
			return buffer;
		}
		if (fabs(bytes) < 10 * 1024 || i == sizeof units / sizeof units[0] - 1) {
			snprintf(buffer, SIZE_TEXT, sign ? "%+.0f %s" : "%.0f %s", bytes, units[i]);
			return buffer;
		}
		bytes /= 1024;
	}
}
