/*
 * The options of silt soak: those of a gate, of recording, and its own.
 */
#ifndef SILT_CLI_SOAK_OPTIONS_H
#define SILT_CLI_SOAK_OPTIONS_H

#include "cli/config.h"
#include "cli/gate_options.h"
#include "soak/soak.h"

struct soak_options {
	struct soak soak;
	struct gate_options gate;
	/* keeps what it said */
	struct config config;
	/* as given; NULL: not given */
	const char *attach, *stop;
	/* soak.name of a process */
	char name[32];
};

/* Reads the configuration file, then argv. -1: go on, else the exit status. To be freed in both
 * cases. */
int soak_options_read(struct soak_options *options, int argc, char **argv);
void soak_options_free(struct soak_options *options);

#endif
