/*
 * Whether silt can see a program's heap: words for the user, before it is started and after it has
 * ended.
 */
#ifndef SILT_SOAK_VISIBILITY_H
#define SILT_SOAK_VISIBILITY_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* Looks at the program before it is started, and says on standard error what silt will not see of
 * it, and what to do. False: it would not run at all under silt, which is then said, and `force`
 * is not set. */
bool visibility_before(const char *command, const char *name, bool force);
/* After the end of a program that was started as process `pid`: says if nothing was recorded of it
 * in `out` since then. */
void visibility_after(const char *command, const char *name, const char *out, pid_t pid,
		      const struct timespec *since);
/* The reason that visibility_before() gave, for one more line; NULL: none. */
const char *visibility_reason(void);

#endif
