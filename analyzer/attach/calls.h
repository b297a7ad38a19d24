/*
 * The system call that a thread was stopped in, and is to make again as if nothing had been.
 * Must not: make a call again that may have done something.
 */
#ifndef SILT_ATTACH_CALLS_H
#define SILT_ATTACH_CALLS_H

#include <sys/user.h>

#include "attach/target.h"

/* Can a thread that sleeps there be stopped, and make its call again without a trace? */
bool calls_may_stop(const struct target_place *place);
/* Where the kernel writes, when it is stopped there, the time that is left; 0: nowhere. */
uint64_t calls_time_left(const struct target_place *place);
/* The registers as they are to be for the thread to go on from its stop. `slept_ns`: how long
 * it was seen to sleep before, in a call whose limit the kernel forgets. */
void calls_mend(struct user_regs_struct *registers, uint64_t slept_ns);

#endif
