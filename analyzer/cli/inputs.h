/*
 * Opens what the operands of a command name: a snapshot, a run, the newest run. Errors are printed
 * on standard error in the command's name.
 */
#ifndef SILT_CLI_INPUTS_H
#define SILT_CLI_INPUTS_H

#include "load/run_moment.h"
#include "model/series.h"

struct options;
struct profile;
struct snapshot;

/* The snapshot that a command shows, in terms of source code. */
struct input {
	struct snapshot *snapshot;
	struct profile_context *context;
	struct profile *profile;
};
/* Opens the first operand: a snapshot, or a run, of which options->moment chooses a snapshot;
 * without an operand the newest run. `graph`: takes a snapshot with a heap graph. Returns false
 * after printing an error or the usage. Close it with input_close(). */
bool input_open(struct input *input, const struct options *options, const char *usage, char **argv,
		bool graph);
/* Prints on standard error what impairs the names (modules that changed since the recording),
 * and frees everything. */
void input_close(struct input *input);

/* Opens the last snapshot of a series, which must outlive the input. Close it with
 * input_close_last(). */
void input_open_last(struct input *input, const struct series *series,
		     const struct options *options);
/* As input_close(), but leaves the snapshot to the series. */
void input_close_last(struct input *input);

/* Returns the newest run in SILT_OUT or silt-out, which the caller frees, after printing it on
 * standard error. Returns NULL after printing an error if there is none. */
char *input_newest_run(const char *command);

/* Returns the series of the process that the operands name: of a folder with several runs the
 * one that `silt report` lists first; without operands the newest run. Returns NULL after
 * printing an error. */
struct series *input_series(const char *command, char **operands, enum run_moment moment);

/* Loads a snapshot file, or the snapshot that stands for a run. Returns NULL after printing an
 * error. */
struct snapshot *input_load(const char *command, const char *path, enum run_moment moment);

/* Returns true if the operand is a snapshot or a directory. */
bool input_is_one(const char *path);

#endif
