/*
 * The configuration file: options of a project's gate, kept with its source.
 */
#ifndef SILT_CLI_CONFIG_H
#define SILT_CLI_CONFIG_H

#include <getopt.h>

#include "util/toml.h"

struct config {
	/* NULL: there is none */
	char *path;
	struct toml toml;
	/* what options were given, which may keep it */
	char **values;
	size_t value_count, value_capacity;
};

/* Reads `given`, or, where that is NULL, .silt.toml in the working directory or the nearest one
 * above it that has one. False after printing what is wrong. */
bool config_read(struct config *config, const char *command, const char *given);
/* Gives the options of a table to `take` as the command line would; -1, or 2 after printing what
 * is wrong. Files that are read are named relative to it. */
int config_apply(struct config *config, const char *command, const char *table,
		 const struct option *options,
		 int (*take)(void *argument, int option, const char *value), void *argument);
void config_free(struct config *config);

#define CONFIG_OPTION 1999 /* `val` of --config */

/* What --config says on a command line that is yet to be read; NULL: nothing. */
const char *config_given(int argc, char **argv, const char *short_options,
			 const struct option *options);

#endif
