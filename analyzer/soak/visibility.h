/*
 * Finds whether silt can see a program's heap, and prints it, before the program is started and
 * after it has ended.
 */
#ifndef SILT_SOAK_VISIBILITY_H
#define SILT_SOAK_VISIBILITY_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* Looks at the program's file, and prints on standard error what silt will not see of it, and
 * what to do. Returns false, after printing why, if the program would not run under silt, unless
 * `force` is set. */
bool visibility_before(const char *command, const char *name, bool force);
/* After the end of a program that was started as process `pid`: prints if nothing was recorded
 * of it in `out` since `since`. */
void visibility_after(const char *command, const char *name, const char *out, pid_t pid,
		      const struct timespec *since);
/* Returns the reason that visibility_before() printed; NULL: none. */
const char *visibility_reason(void);

#endif
