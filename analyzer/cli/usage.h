/*
 * Prints errors of a command line.
 */
#ifndef SILT_CLI_USAGE_H
#define SILT_CLI_USAGE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* getopt_long() with errors of one line that suggest what may have been meant. `argv[0]` must be
 * "silt COMMAND". */
int usage_getopt(int argc, char **argv, const char *letters, const struct option *options);
/* Returns true if the number of operands is right. Returns false after printing an error and the
 * first lines of `usage`. `expected`: what an operand is, such as "a run or a snapshot". */
bool usage_operands(const char *command, const char *usage, char **operands, size_t least,
		    size_t most, const char *expected);

#endif
