/*
 * The process that an operand names, as something to talk to.
 */
#ifndef SILT_CLI_PROCESS_H
#define SILT_CLI_PROCESS_H

#include <sys/types.h>

/* Connects to a recorded process: by its helper, else by the directory it was told to write to, or by `given_out` (NULL:
 * none was given). A descriptor; -1 after printing, in the command's name, what is wrong. */
int process_connect(const char *command, pid_t pid, const char *given_out);

#endif
