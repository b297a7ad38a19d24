/*
 * Records what of a run was sent where: a file `.pushed` in the run directory, with a line for each
 * server: the number of the last snapshot, a space, the URL.
 * Must not: print.
 */
#ifndef SILT_PUSH_SENT_H
#define SILT_PUSH_SENT_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the number of the last snapshot sent to a server; 0: none was sent. */
uint64_t sent_read(const char *run, const char *url);
/* Returns false and errno if it cannot be recorded. */
bool sent_write(const char *run, const char *url, uint64_t sequence);

#endif
