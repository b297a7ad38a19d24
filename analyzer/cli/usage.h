/*
 * What is wrong with a command line, said before its usage is shown.
 */
#ifndef SILT_CLI_USAGE_H
#define SILT_CLI_USAGE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* getopt_long() whose errors say what is wrong in one line, and what may have been meant.
 * `argv[0]`: "silt COMMAND". */
int usage_getopt(int argc, char **argv, const char *letters, const struct option *options);
/* Are there as many operands as a command takes? False after saying what is wrong and the first
 * lines of `usage`. `expected`: what an operand is, as in "a run or a snapshot". */
bool usage_operands(const char *command, const char *usage, char **operands, size_t least,
		    size_t most, const char *expected);

#endif
