/*
 * What the commands that attach to a process share.
 */
#ifndef SILT_COMMANDS_ATTACH_TO_H
#define SILT_COMMANDS_ATTACH_TO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* After launch_prepare(): makes the library record the process. Returns 0, or 2 after printing
 * an error in the command's name. `own_out`: the directory for runs was made for this process. */
int attach_to(const char *command, pid_t pid, uint64_t timeout_ns, bool own_out);

#endif
