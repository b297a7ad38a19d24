/*
 * The process that an operand names, as something to talk to.
 */
#ifndef SILT_CLI_PROCESS_H
#define SILT_CLI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Connects to a recorded process: by its helper, else by the directory it was told to write to, or
 * by `given_out` (NULL: none was given). A descriptor; -1 after printing, in the command's name,
 * what is wrong. */
int process_connect(const char *command, pid_t pid, const char *given_out);

/* The number of a process. False after printing what is wrong. */
bool process_take_pid(const char *command, const char *text, pid_t *pid);
/* A time to wait, not 0. -1; 2 after printing what is wrong. */
int process_take_timeout(const char *command, const char *text, uint64_t *timeout_ns);
/* Prints why nothing is done with the process; 2. */
int process_refuse(const char *command, pid_t pid, const char *reason);

#endif
