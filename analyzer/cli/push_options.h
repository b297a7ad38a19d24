/*
 * Reads the options of `silt push`: server, labels, call stacks.
 */
#ifndef SILT_CLI_PUSH_OPTIONS_H
#define SILT_CLI_PUSH_OPTIONS_H

#include "push/push.h"
#include "render/choices.h"

struct push_options {
	struct options options;
	struct push_request request;
};

/* Reads argv; then optind is the URL. Returns -1, or the exit status. Call push_options_free()
 * in both cases. */
int push_options_read(struct push_options *push, int argc, char **argv);
void push_options_free(struct push_options *push);

#endif
