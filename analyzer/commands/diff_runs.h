/*
 * silt diff --runs: the growth of two runs, of different builds, per unit of work.
 */
#ifndef SILT_COMMANDS_DIFF_RUNS_H
#define SILT_COMMANDS_DIFF_RUNS_H

struct options;

/* Compares the first two operands; the exit status: 0, 1 some grow faster, 2 unreadable (and said
 * so), 3 inconclusive. */
int diff_runs(const char *command, char **operands, const struct options *options);

#endif
