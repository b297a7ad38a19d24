/*
 * Threads that were asked to stop and did not in time. The kernel releases a thread only once it
 * has stopped, so they are released then.
 * Must not: wait.
 */
#ifndef SILT_ATTACH_STRAGGLERS_H
#define SILT_ATTACH_STRAGGLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stragglers {
	pid_t *list;
	size_t count, capacity;
};

void stragglers_add(struct stragglers *stragglers, pid_t tid);
bool stragglers_has(const struct stragglers *stragglers, pid_t tid);
/* Releases those that have stopped, with the system call that they were in. Call it often: each
 * stays stopped until then. */
void stragglers_release(struct stragglers *stragglers);

#endif
