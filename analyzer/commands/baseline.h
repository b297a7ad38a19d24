/*
 * The baseline of a gate: findings that are known, in a file.
 */
#ifndef SILT_COMMANDS_BASELINE_H
#define SILT_COMMANDS_BASELINE_H

#include "commands/check.h"

/* Reads --baseline into the policy. False after printing what is wrong. */
bool baseline_read(struct check *check);
/* Writes what is found into the file, and takes it out of what fails. False after printing what is wrong. */
bool baseline_update(struct check *check, struct gate *gate);
/* Drops from the file what is no longer found. False after printing what is wrong. */
bool baseline_prune(struct check *check, const struct gate *gate);
void baseline_free(struct check *check);

#endif
