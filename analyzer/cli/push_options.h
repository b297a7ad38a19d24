/*
 * The options of silt push: where to, with which labels, and which call stacks.
 */
#ifndef SILT_CLI_PUSH_OPTIONS_H
#define SILT_CLI_PUSH_OPTIONS_H

#include "push/push.h"
#include "render/choices.h"

struct push_options {
	struct options options;
	struct push_request request;
};

/* Reads argv; optind is then the URL. -1: go on, else the exit status. To be freed in both
 * cases. */
int push_options_read(struct push_options *push, int argc, char **argv);
void push_options_free(struct push_options *push);

#endif
