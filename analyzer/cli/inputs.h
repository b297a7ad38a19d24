/*
 * What the operands of a command mean: a snapshot, a run, the newest run.
 * Errors are printed on standard error in the command's name.
 */
#ifndef SILT_CLI_INPUTS_H
#define SILT_CLI_INPUTS_H

#include "load/run_moment.h"
#include "model/series.h"

struct options;
struct profile;
struct snapshot;

/* The one snapshot that a command shows, in terms of source code. */
struct input {
	struct snapshot *snapshot;
	struct profile_context *context;
	struct profile *profile;
};
/* Opens the operand after the options: a snapshot, or that of a run; without one the newest run;
 * with `graph` one with a heap graph. False after printing what is wrong (or the usage). */
bool input_open(struct input *input, const struct options *options, const char *usage, char **argv,
		bool graph);
/* Prints what impairs the names (modules that changed since) on standard error, and gives all
 * back. */
void input_close(struct input *input);

/* The last snapshot of a series, which must outlive it. */
void input_open_last(struct input *input, const struct series *series,
		     const struct options *options);
/* As input_close(), but the snapshot remains the series'. */
void input_close_last(struct input *input);

/* What a command reads that was given nothing to read: the newest run in SILT_OUT or silt-out, to
 * be freed; it is said on standard error. NULL after printing what is missing. */
char *input_newest_run(const char *command);

/* The series of the one process that the operands mean: of a folder of several the one that
 * `silt report` puts first; without operands that of the newest run. NULL after printing what
 * is wrong. */
struct series *input_series(const char *command, char **operands, enum run_moment moment);

/* Loads one snapshot: a file, or that which stands for a run. NULL after printing what is wrong. */
struct snapshot *input_load(const char *command, const char *path, enum run_moment moment);

/* Whether an operand is a snapshot or a directory, and not some other file. */
bool input_is_one(const char *path);

#endif
