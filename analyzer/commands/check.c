/*
 * silt check: `silt report` as a gate, over many processes, in the formats of CI systems.
 */
#include "commands/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/usage.h"
#include "commands/baseline.h"
#include "commands/commands.h"
#include "diagnose/finding.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt check [options] RUN...\n"
	"\n"
	"Judges every run at and below the given directories. Exit status: 0 clean, 1 findings,\n"
	"2 usage or unreadable input, 3 inconclusive.\n"
	"\n";
const char check_help[] =
	"      --config FILE         options (default: .silt.toml here or in the nearest directory above)\n"
	"      --warmup T            how long the program takes to warm up (default: a third of the run)\n"
	"      --fail-on KINDS       only these kinds of finding fail, separated by commas; may be repeated\n"
	"      --min-rate SIZE       findings that grow more slowly, per second, do not fail\n"
	"      --min-bytes SIZE      nor those that grew by less after the warm-up\n"
	"      --min-confidence X    nor those of lower confidence, 0 to 1 (default: 0.6)\n"
	"      --max-growth SIZE     fails if the live heap of a process grew by more after the warm-up\n"
	"      --allow-inconclusive  runs too short to judge do not fail\n"
	"      --suppressions FILE   in LeakSanitizer's or Valgrind's syntax; may be repeated\n"
	"      --gen-suppressions lsan|valgrind  prints suppressions of what fails on standard error\n"
	"      --baseline FILE       what is in it may go on growing as fast\n"
	"      --update-baseline     writes what is found into it, and exits 0\n"
	"      --prune-baseline      drops from it what is no longer found\n"
	"      --format F            text, json, junit, sarif, github, gitlab or tap (default: text)\n"
	"      --output F=FILE       that format into a file, too; may be repeated\n"
	"      --junit-file          JUnit with file attributes, for GitLab\n"
	"  -h, --help                this\n";

void check_init(struct check *check, const char *command)
{
	*check = (struct check){.policy = {.command = command, .warmup = -1, .generated = stderr},
				.renderer = gate_text};
}

static int complain(const struct check *check, const char *option, const char *value, const char *expected)
{
	utf8_complain("silt %s: --%s %s: expected %s", check->policy.command, option, value, expected);
	return 2;
}

static int take_size(const struct check *check, const char *option, const char *value, double *number)
{
	uint64_t bytes;

	if (!parse_size(value, &bytes))
		return complain(check, option, value, "a size such as 64K or 10M");
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

/* Kinds add up; but the command line has the last word. */
static int take_kinds(struct check *check, const char *value)
{
	char **kinds = &check->policy.fail_on, *before = *kinds;

	for (const char *at = value;; at++) {
		size_t length = strcspn(at, ",");

		if (!is_kind(at, length))
			return complain(check, "fail-on", value,
					"kinds of finding separated by commas; silt explain lists them");
		at += length;
		if (!*at)
			break;
	}
	*kinds = before && !check->kinds_configured ? mem_format("%s,%s", before, value) : mem_string(value);
	check->kinds_configured = false;
	free(before);
	return -1;
}

static int take_confidence(struct check *check, const char *value)
{
	char *end;

	check->policy.min_confidence = strtod(value, &end);
	if (*end || end == value || !(check->policy.min_confidence >= 0 && check->policy.min_confidence <= 1))
		return complain(check, "min-confidence", value, "a number from 0 to 1");
	return -1;
}

#define FORMATS "text, json, junit, sarif, github, gitlab or tap"

static int take_output(struct check *check, const char *value)
{
	const char *equals = strchr(value, '=');
	char *format = equals ? mem_substring(value, (size_t)(equals - value)) : NULL;
	gate_renderer *renderer = format ? gate_renderer_of(format) : NULL;

	free(format);
	if (!renderer || !equals[1] || check->output_count == CHECK_OUTPUTS)
		return complain(check, "output", value, "FORMAT=FILE, FORMAT being one of " FORMATS);
	check->outputs[check->output_count].renderer = renderer;
	check->outputs[check->output_count++].path = equals + 1;
	return -1;
}

int check_take(struct check *check, int option, const char *value)
{
	char error[400];
	uint64_t ns;

	switch (option - CHECK_OPTION) {
	case 0:
		if (!parse_duration(value, &ns))
			return complain(check, "warmup", value, "a time such as 10s or 5m");
		check->policy.warmup = (double)ns / 1e9;
		return -1;
	case 1:
		return take_kinds(check, value);
	case 2:
		return take_size(check, "min-rate", value, &check->policy.min_rate);
	case 3:
		return take_size(check, "min-bytes", value, &check->policy.min_bytes);
	case 4:
		return take_confidence(check, value);
	case 5:
		return take_size(check, "max-growth", value, &check->policy.max_growth);
	case 6:
		check->policy.allow_inconclusive = true;
		return -1;
	case 7:
		if (suppressions_read(&check->policy.suppressions, value, error, sizeof error))
			return -1;
		utf8_complain("silt %s: --suppressions %s", check->policy.command, error);
		return 2;
	case 8:
		if (strcmp(value, "lsan") != 0 && strcmp(value, "valgrind") != 0)
			return complain(check, "gen-suppressions", value, "lsan or valgrind");
		check->policy.generate = value;
		return -1;
	case 9:
		check->baseline = value;
		return -1;
	case 10:
		check->update_baseline = true;
		return -1;
	case 11:
		check->renderer = gate_renderer_of(value);
		return check->renderer ? -1 : complain(check, "format", value, FORMATS);
	case 12:
		return take_output(check, value);
	case 13:
		check->junit_file = true;
		return -1;
	case 14:
		check->prune_baseline = true;
		return -1;
	default:
		return option == CONFIG_OPTION ? -1 : 2; /* it was read first */
	}
}

static int take_configured(void *check, int option, const char *value)
{
	return check_take(check, option, value);
}

int check_configure(struct check *check, struct config *config)
{
	static const struct option options[] = {CHECK_OPTIONS, {NULL, 0, NULL, 0}};

	int status = config_apply(config, check->policy.command, "check", options, take_configured, check);

	check->kinds_configured = check->policy.fail_on != NULL;
	return status;
}

/* -- files -- */

static FILE *create(const struct check *check, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		utf8_complain("silt %s: %s: %s", check->policy.command, path, strerror(errno));
	return file;
}

static bool finish(const struct check *check, FILE *file, const char *path)
{
	bool good = !ferror(file);

	if (fclose(file) == 0 && good)
		return true;
	utf8_complain("silt %s: %s: %s", check->policy.command, path, strerror(errno));
	return false;
}

/* -- outputs -- */

static bool write_outputs(const struct check *check, const struct gate *gate)
{
	const char *summary = getenv("GITHUB_STEP_SUMMARY");
	bool good = true;

	check->renderer(stdout, gate, check->junit_file);
	for (size_t i = 0; i < check->output_count; i++) {
		FILE *file = create(check, check->outputs[i].path);

		if (!file) {
			good = false;
			continue;
		}
		check->outputs[i].renderer(file, gate, check->junit_file);
		good = finish(check, file, check->outputs[i].path) && good;
	}
	if (check->renderer == gate_github && summary && *summary) {
		FILE *file = fopen(summary, "ae");

		if (file) {
			gate_markdown(file, gate);
			good = finish(check, file, summary) && good;
		}
	}
	return good;
}

struct gate *check_judge(struct check *check, char **runs)
{
	return baseline_read(check) ? gate_new(&check->policy, runs) : NULL;
}

int check_conclude(struct check *check, struct gate *gate)
{
	bool good = !check->update_baseline || baseline_update(check, gate);
	int status;

	if (check->prune_baseline)
		good = baseline_prune(check, gate) && good;
	status = gate->status;
	good = write_outputs(check, gate) && good;
	gate_free(gate);
	return good ? status : 2;
}

void check_free(struct check *check)
{
	suppressions_free(&check->policy.suppressions);
	baseline_free(check);
	free(check->policy.fail_on);
}

int check_command(int argc, char **argv)
{
	static const struct option options[] = {
		CHECK_OPTIONS, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct check check;
	struct config config;
	int option, status;

	check_init(&check, "check");
	status = config_read(&config, "check", config_given(argc, argv, "h", options))
			 ? check_configure(&check, &config)
			 : 2;
	while (status < 0 && (option = usage_getopt(argc, argv, "h", options)) != -1) {
		if (option == 'h') {
			printf("%s%s", usage, check_help);
			status = 0;
		} else {
			status = check_take(&check, option, optarg);
		}
	}
	if (status < 0 && !usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "run directories"))
		status = 2;
	if (status < 0) {
		struct gate *gate = check_judge(&check, argv + optind);

		status = gate ? check_conclude(&check, gate) : 2;
	}
	check_free(&check);
	config_free(&config);
	return status;
}
