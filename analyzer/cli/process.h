/*
 * Connects to the process that an operand names.
 */
#ifndef SILT_CLI_PROCESS_H
#define SILT_CLI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Connects to a recorded process: by its helper, else by the run directory below its SILT_OUT,
 * or below `given_out` if that is not NULL. Returns a descriptor; -1 after printing an error in
 * the command's name. */
int process_connect(const char *command, pid_t pid, const char *given_out);

/* Reads a process id. Returns false after printing an error. */
bool process_take_pid(const char *command, const char *text, pid_t *pid);
/* Reads a timeout, which must not be 0. Returns -1, or 2 after printing an error. */
int process_take_timeout(const char *command, const char *text, uint64_t *timeout_ns);
/* Prints why nothing is done with the process. Returns 2. */
int process_refuse(const char *command, pid_t pid, const char *reason);

#endif
