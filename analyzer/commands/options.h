/*
 * The options that the reading commands share, and the snapshots they name.
 * Called by top.c, diff.c.
 * Must not: know what a command does with them.
 */
#ifndef SILT_COMMANDS_OPTIONS_H
#define SILT_COMMANDS_OPTIONS_H

#include "model/statistics.h"

struct options {
	struct statistics_options statistics;
	struct filter_list filters;
	struct blame blame;
	size_t blame_capacity;
	uint64_t limit;	    /* entries shown; UINT64_MAX: all */
	uint64_t traceback; /* frames shown under an entry; 0: none */
	bool json, colour;
};

/* Option letters and their help, for the usage text of a command. */
extern const char options_help[];

/* Reads the options of argv; optind is then the first operand. -1: go on, else the exit status. */
int options_read(struct options *options, const char *usage, int argc, char **argv);
void options_free(struct options *options);

/* Loads one snapshot: a file, or a run's last (or first). NULL after printing what is wrong. */
struct snapshot *options_load(const char *command, const char *path, bool first);
/* Prints what impairs the names (modules that changed since) on standard error. */
void options_print_notes(struct profile_context *context);

#endif
