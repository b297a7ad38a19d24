/*
 * The options of a gate and its outputs, for the commands that end in one.
 */
#ifndef SILT_CLI_GATE_OPTIONS_H
#define SILT_CLI_GATE_OPTIONS_H

#include <getopt.h>

#include "cli/config.h"
#include "gate/gate.h"
#include "gate/policy.h"
#include "render/gate_formats.h"

#define GATE_OPTION 2000 /* `val` of the first of the options below */
#define GATE_OPTION_WARMUP GATE_OPTION
#define GATE_OPTION_FAIL_ON (GATE_OPTION + 1)
#define GATE_OPTION_MIN_CONFIDENCE (GATE_OPTION + 4)
#define GATE_OPTION_SUPPRESSIONS (GATE_OPTION + 7)

#define GATE_OPTIONS                                                                               \
	{"config", required_argument, NULL, CONFIG_OPTION},                                        \
		{"warmup", required_argument, NULL, GATE_OPTION},                                  \
		{"fail-on", required_argument, NULL, GATE_OPTION + 1},                             \
		{"min-rate", required_argument, NULL, GATE_OPTION + 2},                            \
		{"min-bytes", required_argument, NULL, GATE_OPTION + 3},                           \
		{"min-confidence", required_argument, NULL, GATE_OPTION + 4},                      \
		{"max-growth", required_argument, NULL, GATE_OPTION + 5},                          \
		{"allow-inconclusive", no_argument, NULL, GATE_OPTION + 6},                        \
		{"suppressions", required_argument, NULL, GATE_OPTION + 7},                        \
		{"gen-suppressions", required_argument, NULL, GATE_OPTION + 8},                    \
		{"baseline", required_argument, NULL, GATE_OPTION + 9},                            \
		{"update-baseline", no_argument, NULL, GATE_OPTION + 10},                          \
		{"format", required_argument, NULL, GATE_OPTION + 11},                             \
		{"output", required_argument, NULL, GATE_OPTION + 12},                             \
		{"junit-file", no_argument, NULL, GATE_OPTION + 13},                               \
	{                                                                                          \
		"prune-baseline", no_argument, NULL, GATE_OPTION + 14                              \
	}

/* Their help. */
extern const char gate_options_help[];

#define GATE_OUTPUTS 16

struct gate_options {
	struct policy policy;
	/* of standard output */
	gate_renderer *renderer;
	struct {
		gate_renderer *renderer;
		const char *path;
	} outputs[GATE_OUTPUTS];
	size_t output_count;
	bool update_baseline, prune_baseline, junit_file;
	/* by a file: what comes next replaces them */
	bool kinds_configured;
};

/* The defaults; `command` is named in messages. */
void gate_options_init(struct gate_options *options, const char *command);
/* Takes the options of the configuration file's table [check]; -1, or 2 after printing what is
 * wrong. */
int gate_options_configure(struct gate_options *options, struct config *config);
/* Takes one option; -1, or 2 after printing what is wrong. */
int gate_options_take(struct gate_options *options, int option, const char *value);
/* Judges the runs. NULL after printing what is wrong. */
struct gate *gate_options_judge(struct gate_options *options, char **runs);
/* Writes all outputs and frees the gate; the exit status. */
int gate_options_conclude(struct gate_options *options, struct gate *gate);
void gate_options_free(struct gate_options *options);

#endif
