/*
 * The options that the reading commands share, and the snapshots they name.
 * Must not: know what a command does with them.
 */
#ifndef SILT_COMMANDS_OPTIONS_H
#define SILT_COMMANDS_OPTIONS_H

#include <getopt.h>

#include "load/run_moment.h"
#include "model/series.h"
#include "model/statistics.h"

struct options {
	struct statistics_options statistics;
	struct filter_list filters;
	struct blame blame;
	size_t blame_capacity;
	uint64_t limit;	    /* entries shown; UINT64_MAX: all */
	uint64_t traceback; /* frames shown under an entry; 0: none */
	bool json, colour;
	enum run_moment moment; /* which snapshot a run means */
};

/* Option letters and their help, for the usage text of a command. */
extern const char options_help[];

/* Reads the options of argv; optind is then the first operand. -1: go on, else the exit status. */
int options_read(struct options *options, const char *usage, int argc, char **argv);
void options_free(struct options *options);

/* The same for a command with options of its own: `more` (at most 16, then one of zeros) are handed to `take` with their
 * values (-1, or the exit status after an error). `--format` and `--sort` are too: 0 says that the value was one of the command's
 * own, -1 that it was not, 2 (of --format) that it was wrong and that this was said. An option whose value is a letter has that as its short form. */
struct options_more {
	const struct option *options;
	const char *help;
	int (*take)(void *argument, int option, const char *value);
	void *argument;
};
#define OPTIONS_SORT 999    /* `option` of --sort */
#define OPTIONS_FORMAT 1000 /* `option` of --format */
int options_read_more(struct options *options, const char *usage, int argc, char **argv,
		      const struct options_more *more);

/* The one snapshot that a command shows, in terms of source code. */
struct input {
	struct snapshot *snapshot;
	struct profile_context *context;
	struct profile *profile;
};
/* Opens the operand after the options: a snapshot, or that of a run; without one the newest run; with `graph` one with a heap graph. False after printing
 * what is wrong (or the usage). */
bool input_open(struct input *input, const struct options *options, const char *usage, char **argv,
		bool graph);
/* Prints what impairs the names (modules that changed since) on standard error, and gives all back. */
void input_close(struct input *input);

/* What a command reads that was given nothing to read: the newest run in SILT_OUT or silt-out, to be freed; it is said on standard
 * error. NULL after printing what is missing. */
char *options_newest_run(const char *command);

/* The series of the one process that the operands mean (judge.h), or without operands of the newest run. NULL after printing what is
 * wrong. */
struct series *options_series(const char *command, char **operands, enum run_moment moment);

/* Loads one snapshot: a file, or that which stands for a run. NULL after printing what is wrong. */
struct snapshot *options_load(const char *command, const char *path, enum run_moment moment);
/* Prints what impairs the names (modules that changed since) on standard error. */
void options_print_notes(struct profile_context *context);
/* Says that there is nothing to show, and which filters have left nothing. `others`: those of the command's own that were given, as
 * words; NULL: none. */
void options_print_nothing(const struct options *options, const char *others);
/* Says on standard error if functions are blamed that look like allocators: for people, not for machines. */
void options_print_hints(const struct options *options, const struct profile *profile);

#endif
