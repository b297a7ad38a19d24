/*
 * Parses numbers, sizes and times of a command line.
 * Must not: print; the caller names the option in its error.
 */
#ifndef SILT_UTIL_PARSE_H
#define SILT_UTIL_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Digits only. This and the next two return false if the text is malformed or out of range. */
bool parse_number(const char *text, uint64_t *number);
/* "12", "64k", "10M", "1GiB" (powers of 1024) -> bytes. */
bool parse_size(const char *text, uint64_t *bytes);
/* "250ms", "10s", "5m", "2h", "100us"; a number alone is seconds -> nanoseconds. */
bool parse_duration(const char *text, uint64_t *ns);
/* Parses "USR2", "SIGUSR2", "RTMIN+3" or "12". Returns the signal's number; 0: not a signal, or
 * one that cannot be caught. */
int parse_signal(const char *text);

#endif
