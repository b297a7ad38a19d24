/*
 * What of a run has been sent where: a file `.pushed` in the run directory, a line a server: the
 * number of the last snapshot, a space, the URL.
 * Must not: print.
 */
#ifndef SILT_PUSH_SENT_H
#define SILT_PUSH_SENT_H

#include <stdbool.h>
#include <stdint.h>

/* 0: nothing. */
uint64_t sent_read(const char *run, const char *url);
/* False, and errno, if it cannot be noted. */
bool sent_write(const char *run, const char *url, uint64_t sequence);

#endif
