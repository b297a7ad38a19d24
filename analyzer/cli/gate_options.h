/*
 * Reads the options of a gate, and writes its outputs, for the commands that end in one.
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

/* the help text of these options */
extern const char gate_options_help[];

#define GATE_OUTPUTS 16

struct gate_options {
	struct policy policy;
	/* format of standard output */
	gate_renderer *renderer;
	struct {
		gate_renderer *renderer;
		const char *path;
	} outputs[GATE_OUTPUTS];
	size_t output_count;
	bool update_baseline, prune_baseline, junit_file;
	/* kinds are from the configuration file: the next --fail-on replaces them */
	bool kinds_configured;
};

/* Sets the defaults. `command` is named in messages. */
void gate_options_init(struct gate_options *options, const char *command);
/* Reads the table [check] of the configuration file. Returns -1, or 2 after printing an error. */
int gate_options_configure(struct gate_options *options, struct config *config);
/* Reads one option. Returns -1, or 2 after printing an error. */
int gate_options_take(struct gate_options *options, int option, const char *value);
/* Judges the run directories. Returns NULL after printing an error. */
struct gate *gate_options_judge(struct gate_options *options, char **runs);
/* Writes all outputs and frees the gate. Returns the exit status. */
int gate_options_conclude(struct gate_options *options, struct gate *gate);
void gate_options_free(struct gate_options *options);

#endif
