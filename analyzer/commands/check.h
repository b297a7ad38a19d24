/*
 * The options of a gate and its outputs, for the commands that end in one.
 */
#ifndef SILT_COMMANDS_CHECK_H
#define SILT_COMMANDS_CHECK_H

#include <getopt.h>

#include "cli/config.h"
#include "commands/gate.h"

#define CHECK_OPTION 2000 /* `val` of the first of the options below */

#define CHECK_OPTIONS                                                                                        \
	{"config", required_argument, NULL, CONFIG_OPTION},                                                  \
		{"warmup", required_argument, NULL, CHECK_OPTION},                                           \
		{"fail-on", required_argument, NULL, CHECK_OPTION + 1},                                      \
		{"min-rate", required_argument, NULL, CHECK_OPTION + 2},                                     \
		{"min-bytes", required_argument, NULL, CHECK_OPTION + 3},                                    \
		{"min-confidence", required_argument, NULL, CHECK_OPTION + 4},                               \
		{"max-growth", required_argument, NULL, CHECK_OPTION + 5},                                   \
		{"allow-inconclusive", no_argument, NULL, CHECK_OPTION + 6},                                 \
		{"suppressions", required_argument, NULL, CHECK_OPTION + 7},                                 \
		{"gen-suppressions", required_argument, NULL, CHECK_OPTION + 8},                             \
		{"baseline", required_argument, NULL, CHECK_OPTION + 9},                                     \
		{"update-baseline", no_argument, NULL, CHECK_OPTION + 10},                                   \
		{"format", required_argument, NULL, CHECK_OPTION + 11},                                      \
		{"output", required_argument, NULL, CHECK_OPTION + 12},                                      \
		{"junit-file", no_argument, NULL, CHECK_OPTION + 13},                                        \
	{                                                                                                    \
		"prune-baseline", no_argument, NULL, CHECK_OPTION + 14                                       \
	}

/* Their help. */
extern const char check_help[];

#define CHECK_OUTPUTS 16

struct check {
	struct policy policy;
	gate_renderer *renderer; /* of standard output */
	struct {
		gate_renderer *renderer;
		const char *path;
	} outputs[CHECK_OUTPUTS];
	size_t output_count;
	const char *baseline; /* path; NULL */
	bool update_baseline, prune_baseline, junit_file;
	bool kinds_configured; /* by a file: what comes next replaces them */
};

void check_init(struct check *check, const char *command);
/* Takes the options of the configuration file's table [check]; -1, or 2 after printing what is wrong. */
int check_configure(struct check *check, struct config *config);
/* Takes one option; -1, or 2 after printing what is wrong. */
int check_take(struct check *check, int option, const char *value);
/* Judges the runs. NULL after printing what is wrong. */
struct gate *check_judge(struct check *check, char **runs);
/* Writes all outputs and frees the gate; the exit status. */
int check_conclude(struct check *check, struct gate *gate);
void check_free(struct check *check);

#endif
