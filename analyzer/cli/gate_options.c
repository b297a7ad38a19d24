/*
 * Reads the options of a gate, and writes its outputs: see gate_options.h.
 */
#include "cli/gate_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/finding.h"
#include "gate/baseline.h"
#include "gate/suppressions.h"
#include "render/account.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

const char gate_options_help[] =
	"      --config FILE         options (default: .silt.toml here, or in the nearest "
	"directory above)\n"
	"      --warmup T            how long the program takes to warm up (default: a third of "
	"the run)\n"
	"      --fail-on KINDS       fail only for these kinds of finding, separated by commas; "
	"may be repeated\n"
	"      --min-rate SIZE       do not fail for findings that grow by less than SIZE per "
	"second\n"
	"      --min-bytes SIZE      do not fail for findings that grew by less than SIZE after "
	"the warm-up\n"
	"      --min-confidence X    do not fail for findings of lower confidence, 0 to 1 "
	"(default: 0.6)\n"
	"      --max-growth SIZE     fail if the live heap of a process grew by more after the "
	"warm-up\n"
	"      --allow-inconclusive  do not fail for runs that are too short to judge\n"
	"      --suppressions FILE   a file in LeakSanitizer's or Valgrind's syntax; may be "
	"repeated\n"
	"      --gen-suppressions lsan|valgrind  print suppressions of what fails on standard "
	"error\n"
	"      --baseline FILE       do not fail for findings in FILE that grow no faster than "
	"before\n"
	"      --update-baseline     write the findings to the baseline, and exit with 0\n"
	"      --prune-baseline      remove from the baseline what is no longer found\n"
	"      --format F            text, json, junit, sarif, github, gitlab or tap (default: "
	"text)\n"
	"      --output F=FILE       also write that format to FILE; may be repeated\n"
	"      --junit-file          JUnit with file attributes, for GitLab\n"
	"  -h, --help                print this help\n";

void gate_options_init(struct gate_options *options, const char *command)
{
	*options = (struct gate_options){.policy = {.command = command,
						    .words = &account_words,
						    .warmup = -1,
						    .generated = stderr},
					 .renderer = gate_text};
}

static int complain(const struct gate_options *options, const char *option, const char *value,
		    const char *expected)
{
	utf8_complain("silt %s: --%s %s: expected %s", options->policy.command, option, value,
		      expected);
	return 2;
}

static int take_size(const struct gate_options *options, const char *option, const char *value,
		     double *number)
{
	uint64_t bytes;

	if (!parse_size(value, &bytes))
		return complain(options, option, value, "a size such as 64K or 10M");
	*number = (double)bytes;
	return -1;
}

static bool is_kind(const char *text, size_t length)
{
	for (int kind = 0; kind < FINDING_KINDS; kind++) {
		const char *name = finding_kind_name((enum finding_kind)kind);

		if (strlen(name) == length && strncmp(name, text, length) == 0)
			return true;
	}
	return false;
}

/* Kinds of several --fail-on add up, but those of the command line replace those of the file. */
static int take_kinds(struct gate_options *options, const char *value)
{
	char **kinds = &options->policy.fail_on, *before = *kinds;

	for (const char *at = value;; at++) {
		size_t length = strcspn(at, ",");

		if (!is_kind(at, length))
			return complain(
				options, "fail-on", value,
				"kinds of finding separated by commas; silt explain lists them");
		at += length;
		if (!*at)
			break;
	}
	*kinds = before && !options->kinds_configured ? mem_format("%s,%s", before, value)
						      : mem_string(value);
	options->kinds_configured = false;
	free(before);
	return -1;
}

static int take_confidence(struct gate_options *options, const char *value)
{
	char *end;

	options->policy.min_confidence = strtod(value, &end);
	if (*end || end == value ||
	    !(options->policy.min_confidence >= 0 && options->policy.min_confidence <= 1))
		return complain(options, "min-confidence", value, "a number from 0 to 1");
	return -1;
}

#define FORMATS "text, json, junit, sarif, github, gitlab or tap"

static int take_output(struct gate_options *options, const char *value)
{
	const char *equals = strchr(value, '=');
	char *format = equals ? mem_substring(value, (size_t)(equals - value)) : NULL;
	gate_renderer *renderer = format ? gate_renderer_of(format) : NULL;

	free(format);
	if (!renderer || !equals[1] || options->output_count == GATE_OUTPUTS)
		return complain(options, "output", value,
				"FORMAT=FILE, FORMAT being one of " FORMATS);
	options->outputs[options->output_count].renderer = renderer;
	options->outputs[options->output_count++].path = equals + 1;
	return -1;
}

int gate_options_take(struct gate_options *options, int option, const char *value)
{
	char error[400];
	uint64_t ns;

	switch (option - GATE_OPTION) {
	case 0:
		if (!parse_duration(value, &ns))
			return complain(options, "warmup", value, "a time such as 10s or 5m");
		options->policy.warmup = (double)ns / 1e9;
		return -1;
	case 1:
		return take_kinds(options, value);
	case 2:
		return take_size(options, "min-rate", value, &options->policy.min_rate);
	case 3:
		return take_size(options, "min-bytes", value, &options->policy.min_bytes);
	case 4:
		return take_confidence(options, value);
	case 5:
		return take_size(options, "max-growth", value, &options->policy.max_growth);
	case 6:
		options->policy.allow_inconclusive = true;
		return -1;
	case 7:
		if (suppressions_read(&options->policy.suppressions, value, error, sizeof error))
			return -1;
		utf8_complain("silt %s: --suppressions %s", options->policy.command, error);
		return 2;
	case 8:
		if (strcmp(value, "lsan") != 0 && strcmp(value, "valgrind") != 0)
			return complain(options, "gen-suppressions", value, "lsan or valgrind");
		options->policy.generate = value;
		return -1;
	case 9:
		options->policy.baseline.path = value;
		return -1;
	case 10:
		options->update_baseline = true;
		return -1;
	case 11:
		options->renderer = gate_renderer_of(value);
		return options->renderer ? -1 : complain(options, "format", value, FORMATS);
	case 12:
		return take_output(options, value);
	case 13:
		options->junit_file = true;
		return -1;
	case 14:
		options->prune_baseline = true;
		return -1;
	default:
		return option == CONFIG_OPTION ? -1 : 2; /* --config was read before */
	}
}

static int take_configured(void *options, int option, const char *value)
{
	return gate_options_take(options, option, value);
}

int gate_options_configure(struct gate_options *options, struct config *config)
{
	static const struct option known[] = {GATE_OPTIONS, {NULL, 0, NULL, 0}};

	int status = config_apply(config, options->policy.command, "check", known, take_configured,
				  options);

	options->kinds_configured = options->policy.fail_on != NULL;
	return status;
}

/* -- files -- */

static FILE *create(const struct gate_options *options, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		utf8_complain("silt %s: %s: %s", options->policy.command, path, strerror(errno));
	return file;
}

static bool finish(const struct gate_options *options, FILE *file, const char *path)
{
	bool good = !ferror(file);

	if (fclose(file) == 0 && good)
		return true;
	utf8_complain("silt %s: %s: %s", options->policy.command, path, strerror(errno));
	return false;
}

/* -- outputs -- */

static bool write_outputs(const struct gate_options *options, const struct gate *gate)
{
	const char *summary = getenv("GITHUB_STEP_SUMMARY");
	bool good = true;

	options->renderer(stdout, gate, options->junit_file);
	for (size_t i = 0; i < options->output_count; i++) {
		FILE *file = create(options, options->outputs[i].path);

		if (!file) {
			good = false;
			continue;
		}
		options->outputs[i].renderer(file, gate, options->junit_file);
		good = finish(options, file, options->outputs[i].path) && good;
	}
	if (options->renderer == gate_github && summary && *summary) {
		FILE *file = fopen(summary, "ae");

		if (file) {
			gate_markdown(file, gate);
			good = finish(options, file, summary) && good;
		}
	}
	return good;
}

struct gate *gate_options_judge(struct gate_options *options, char **runs)
{
	struct baseline *baseline = &options->policy.baseline;

	if (!baseline->path && (options->update_baseline || options->prune_baseline)) {
		utf8_complain("silt %s: --%s-baseline: --baseline FILE says which",
			      options->policy.command,
			      options->update_baseline ? "update" : "prune");
		return NULL;
	}
	if (baseline->path &&
	    !baseline_read(baseline, options->policy.command, options->update_baseline))
		return NULL;
	return gate_new(&options->policy, runs);
}

int gate_options_conclude(struct gate_options *options, struct gate *gate)
{
	bool good = !options->update_baseline || baseline_update(&options->policy.baseline, gate);
	int status;

	if (options->prune_baseline)
		good = baseline_prune(&options->policy.baseline, gate) && good;
	status = gate->status;
	good = write_outputs(options, gate) && good;
	gate_free(gate);
	return good ? status : 2;
}

void gate_options_free(struct gate_options *options)
{
	suppressions_free(&options->policy.suppressions);
	baseline_free(&options->policy.baseline);
	free(options->policy.fail_on);
}
