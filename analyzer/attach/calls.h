/*
 * Repeats the system call that a thread was stopped in, so that the thread notices nothing.
 * Must not: repeat a call that may have had an effect.
 */
#ifndef SILT_ATTACH_CALLS_H
#define SILT_ATTACH_CALLS_H

#include <sys/user.h>

#include "attach/target.h"

/* Returns true if a thread that sleeps there can be stopped, and then repeat its call without
 * effect. */
bool calls_may_stop(const struct target_place *place);
/* Returns the address where the kernel writes the remaining time when the thread is stopped
 * there; 0: nowhere. */
uint64_t calls_time_left(const struct target_place *place);
/* Changes the registers so that the thread repeats its call. `slept_ns`: how long it was seen to
 * sleep before, for calls whose timeout the kernel does not keep. */
void calls_mend(struct user_regs_struct *registers, uint64_t slept_ns);

#endif
