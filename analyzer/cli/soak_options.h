/*
 * Reads the options of `silt soak`: those of a gate, those of recording, and its own.
 */
#ifndef SILT_CLI_SOAK_OPTIONS_H
#define SILT_CLI_SOAK_OPTIONS_H

#include "cli/config.h"
#include "cli/gate_options.h"
#include "soak/soak.h"

struct soak_options {
	struct soak soak;
	struct gate_options gate;
	/* owns the values that come from the file */
	struct config config;
	/* as the user wrote them; NULL: not given */
	const char *attach, *stop;
	/* buffer of soak.name for an attached process */
	char name[32];
};

/* Reads the configuration file, then argv. Returns -1, or the exit status. Call
 * soak_options_free() in both cases. */
int soak_options_read(struct soak_options *options, int argc, char **argv);
void soak_options_free(struct soak_options *options);

#endif
