/*
 * Reads the options that the reading commands share.
 * Must not: know what a command does with them.
 */
#ifndef SILT_CLI_OPTIONS_H
#define SILT_CLI_OPTIONS_H

#include <getopt.h>

#include "model/profile.h"
#include "render/choices.h"

/* the help text of these options */
extern const char options_help[];

/* Reads the options of argv; then optind is the first operand. Returns -1, or the exit status. */
int options_read(struct options *options, const char *usage, int argc, char **argv);
/* Sets one of the orders that all commands have. Returns false if `name` is not an order. */
bool options_set_order(struct options *options, const char *name);
void options_free(struct options *options);

/* Options of a command besides the shared ones: `options`, at most 16 and a zeroed one, are
 * passed to `take` with their values. `take` returns -1, or the exit status after printing an
 * error. An option whose value is a letter has it as its short form. --format and --sort are
 * passed to `take` too: 0 means that the command took the value, -1 that it did not, 2 (of
 * --format) that it printed an error. */
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

/* Calls notes_print_allocators(), unless the output is JSON. */
void options_print_hints(const struct options *options, const struct profile *profile);

#endif
