/*
 * Writes the verdict of a gate as JUnit XML after Jenkins' schema (jenkins-junit.xsd: text in the
 * body of a failure); see gate_formats.h.
 * Must not: apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "render/account_text.h"
#include "render/gate_formats.h"
#include "render/markup.h"

static void print_finding(FILE *file, const struct gate_finding *finding, bool with_file)
{
	char *body, *rest, *piece;

	fputs("    <testcase classname=\"", file);
	markup_text(file, finding->executable);
	/* readers merge test cases of the same name: the fingerprint makes it unique */
	fprintf(file, "\" name=\"%s ", finding->account->kind);
	markup_text(file, finding->account->function ? finding->account->function : "");
	fprintf(file, " %s\" time=\"0\"", finding->fingerprint);
	if (with_file && finding->account->file) {
		char *relative = gate_relative(finding->account->file);

		fputs(" file=\"", file);
		markup_text(file, relative);
		fputc('"', file);
		free(relative);
	}
	fputs(">\n", file);
	if (finding->excused) {
		fputs("      <skipped/>\n    </testcase>\n", file);
		return;
	}
	fprintf(file, "      <failure type=\"%s\" message=\"", finding->account->kind);
	markup_text(file, finding->account->headline.text);
	fputs("\">", file);
	markup_text(file, finding->account->headline.text);
	fputc('\n', file);
	body = rest = account_body(finding->account);
	for (bool first = true; (piece = strsep(&rest, "\n")); first = false) {
		if (!first)
			fputc('\n', file);
		markup_text(file, piece);
	}
	free(body);
	fputs("\n</failure>\n    </testcase>\n", file);
}

struct counts {
	uint64_t tests, failures, errors, skipped;
};

static bool is_error(const struct gate *gate, const struct gate_program *program)
{
	return gate->status == 3 && program->proves_nothing;
}

static struct counts count(const struct gate *gate, const struct gate_program *program)
{
	struct counts counts = {.tests = 1, .errors = is_error(gate, program)};

	for (size_t i = 0; i < gate->finding_count; i++) {
		if (strcmp(gate->findings[i].executable, program->executable) != 0)
			continue;
		counts.tests++;
		counts.failures += !gate->findings[i].excused;
		counts.skipped += gate->findings[i].excused != NULL;
	}
	return counts;
}

static void print_program(FILE *file, const struct gate *gate, const struct gate_program *program,
			  bool with_file)
{
	struct counts counts = count(gate, program);

	fputs("  <testsuite name=\"silt ", file);
	markup_text(file, program->executable);
	fprintf(file,
		"\" tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
		"\" skipped=\"%" PRIu64 "\" time=\"0\">\n    <testcase classname=\"",
		counts.tests, counts.failures, counts.errors, counts.skipped);
	markup_text(file, program->executable);
	fputs("\" name=\"is judged\" time=\"0\">", file);
	if (counts.errors) {
		fputs("\n      <error type=\"inconclusive\" message=\"", file);
		markup_text(file, program->reason);
		fputs("\">", file);
		markup_text(file, program->reason);
		fputs("</error>\n    ", file);
	}
	fputs("</testcase>\n", file);
	for (size_t i = 0; i < gate->finding_count; i++)
		if (strcmp(gate->findings[i].executable, program->executable) == 0)
			print_finding(file, &gate->findings[i], with_file);
	fputs("  </testsuite>\n", file);
}

void gate_junit(FILE *file, const struct gate *gate, bool junit_file)
{
	struct counts all = {0};

	for (size_t i = 0; i < gate->program_count; i++) {
		struct counts counts = count(gate, &gate->programs[i]);

		all.tests += counts.tests;
		all.failures += counts.failures;
		all.errors += counts.errors;
	}
	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"silt\" "
		"tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64 "\">\n",
		all.tests, all.failures, all.errors);
	for (size_t i = 0; i < gate->program_count; i++)
		print_program(file, gate, &gate->programs[i], junit_file);
	fputs("</testsuites>\n", file);
}
