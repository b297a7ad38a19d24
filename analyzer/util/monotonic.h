/*
 * Time of CLOCK_MONOTONIC, which setting the clock does not change.
 */
#ifndef SILT_UTIL_MONOTONIC_H
#define SILT_UTIL_MONOTONIC_H

#include <stdint.h>

uint64_t monotonic_ns(void);
double monotonic_seconds(void);

#endif
