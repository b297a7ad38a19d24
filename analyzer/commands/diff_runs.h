/*
 * silt diff --runs: compares the growth of two runs of different builds, per unit of work.
 */
#ifndef SILT_COMMANDS_DIFF_RUNS_H
#define SILT_COMMANDS_DIFF_RUNS_H

struct options;

/* Compares the first two operands. Returns the exit status: 0, 1 if a call site grows faster, 2
 * after printing an error, 3 inconclusive. */
int diff_runs(const char *command, char **operands, const struct options *options);

#endif
