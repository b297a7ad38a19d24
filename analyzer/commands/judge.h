/*
 * The series of snapshots that a judging command looks at.
 * Called by report.c, check.c.
 */
#ifndef SILT_COMMANDS_JUDGE_H
#define SILT_COMMANDS_JUDGE_H

#include "model/series.h"

/* Snapshots and run directories, in the order of time. NULL after printing what is wrong, in the name of a command. */
struct series *judge_load(const char *command, char **operands);

#endif
