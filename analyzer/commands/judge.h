/*
 * The series of snapshots that a judging command looks at.
 * Called by report.c, check.c.
 */
#ifndef SILT_COMMANDS_JUDGE_H
#define SILT_COMMANDS_JUDGE_H

#include "load/run_moment.h"
#include "model/series.h"

/* Snapshots and run directories, in the order of time; with RUN_WORKING only those from before the end of the process, if there are
 * such. NULL after printing what is wrong, in the name of a command. */
struct series *judge_load(const char *command, char **operands, enum run_moment moment);

#endif
