/*
 * The options that the reading commands share.
 * Must not: know what a command does with them.
 */
#ifndef SILT_CLI_OPTIONS_H
#define SILT_CLI_OPTIONS_H

#include <getopt.h>

#include "model/profile.h"
#include "render/choices.h"

/* Option letters and their help, for the usage text of a command. */
extern const char options_help[];

/* Reads the options of argv; optind is then the first operand. -1: go on, else the exit status. */
int options_read(struct options *options, const char *usage, int argc, char **argv);
/* Sorts by one of the orders that all commands have. False: `name` is not an order. */
bool options_set_order(struct options *options, const char *name);
void options_free(struct options *options);

/* The same for a command with options of its own: `more` (at most 16, then one of zeros) are
 * handed to `take` with their values (-1, or the exit status after an error). `--format` and
 * `--sort` are too: 0 says that the value was one of the command's own, -1 that it was not, 2 (of
 * --format) that it was wrong and that this was said. An option whose value is a letter has that
 * as its short form. */
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

/* notes_print_allocators() for people, nothing for machines. */
void options_print_hints(const struct options *options, const struct profile *profile);

#endif
