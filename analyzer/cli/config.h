/*
 * Reads the configuration file: options of a project's gate, kept with its source.
 */
#ifndef SILT_CLI_CONFIG_H
#define SILT_CLI_CONFIG_H

#include <getopt.h>

#include "util/toml.h"

struct config {
	/* NULL: there is no configuration file */
	char *path;
	struct toml toml;
	/* values passed to options, which may keep pointers to them */
	char **values;
	size_t value_count, value_capacity;
};

/* Reads `given`; if it is NULL, the nearest .silt.toml in the working directory or above it, if
 * there is one. Returns false after printing an error. */
bool config_read(struct config *config, const char *command, const char *given);
/* Passes the options of a table to `take` as the command line would. Paths of files that are
 * read become relative to the configuration file. Returns -1, or 2 after printing an error. */
int config_apply(struct config *config, const char *command, const char *table,
		 const struct option *options,
		 int (*take)(void *argument, int option, const char *value), void *argument);
void config_free(struct config *config);

#define CONFIG_OPTION 1999 /* `val` of --config */

/* Returns the value of --config on a command line, without reading its other options; NULL:
 * none. */
const char *config_given(int argc, char **argv, const char *short_options,
			 const struct option *options);

#endif
