/*
 * Writes the verdict of a gate in lines: text, TAP, GitHub's workflow commands and Markdown; see
 * gate_formats.h.
 * Must not: apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "render/account_text.h"
#include "render/gate_formats.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

gate_renderer *gate_renderer_of(const char *format)
{
	static const struct {
		const char *name;
		gate_renderer *renderer;
	} renderers[] = {
		{"text", gate_text},   {"json", gate_json},	{"junit", gate_junit},
		{"sarif", gate_sarif}, {"github", gate_github}, {"gitlab", gate_gitlab},
		{"tap", gate_tap},
	};

	for (size_t i = 0; i < sizeof renderers / sizeof renderers[0]; i++)
		if (strcmp(format, renderers[i].name) == 0)
			return renderers[i].renderer;
	return NULL;
}

static void print_programs(FILE *file, const struct gate *gate)
{
	for (size_t i = 0; i < gate->program_count; i++) {
		const struct gate_program *program = &gate->programs[i];

		utf8_print(file, program->executable);
		fprintf(file, ": %" PRIu64 " %s", program->runs,
			words_plural(program->runs, "process", "processes"));
		if (program->inconclusive)
			fprintf(file, ", %" PRIu64 " of them inconclusive", program->inconclusive);
		if (program->idle)
			fprintf(file, ", %" PRIu64 " of these idle", program->idle);
		if (program->brief)
			fprintf(file, ", %" PRIu64 " of these only at the start", program->brief);
		if (program->reason && program->brief < program->inconclusive) {
			fputs(" (", file);
			utf8_print(file, program->reason);
			fputc(')', file);
		}
		fputc('\n', file);
	}
}

#define FLEET_RUNS 10 /* of a program; fewer say nothing at the level of silt fleet */

/* Names the command that compares the runs, where there are enough, and some leak. */
static void print_next(FILE *file, const struct gate *gate)
{
	bool many = false;

	for (size_t i = 0; i < gate->program_count; i++)
		many |= gate->programs[i].runs >= FLEET_RUNS;
	if (many && gate->status == 1 && strcmp(gate->command, "check") == 0)
		fputs("next: silt fleet, with the same directories, says with which build, "
		      "version, host or argument each occurs\n",
		      file);
}

void gate_text(FILE *file, const struct gate *gate, bool junit_file)
{
	(void)junit_file;
	print_programs(file, gate);
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];

		fprintf(file, "\n%s %s %s (confidence %.2f): %s\n",
			finding->excused ? "excused" : "FAIL", finding->fingerprint,
			finding->account->kind, finding->confidence,
			finding->account->headline.text);
		if (finding->excused) {
			fputs("  ", file);
			utf8_print(file, finding->excused);
			fputc('\n', file);
			continue;
		}
		account_print(file, finding->account, "   ", false);
		account_print_callers(file, finding->account, "   ");
		account_print_advice(file, finding->account, "   ");
	}
	for (size_t i = 0; i < gate->note_count; i++) {
		fputs("note: ", file);
		utf8_print(file, gate->notes[i]);
		fputc('\n', file);
	}
	print_next(file, gate);
	fprintf(file, "silt %s: %s\n", gate->command, gate_verdict(gate));
}

/* Escapes `#`, which begins a directive in a description (Test Anything Protocol 13). */
static void tap_text(FILE *file, const char *text)
{
	char *clean = utf8_clean(text);

	for (const char *c = clean; *c; c++) {
		if (*c == '#')
			fputc('\\', file);
		fputc(*c, file);
	}
	free(clean);
}

static bool fails(const struct gate *gate, const struct gate_program *program)
{
	for (size_t i = 0; i < gate->finding_count; i++)
		if (!gate->findings[i].excused &&
		    strcmp(gate->findings[i].executable, program->executable) == 0)
			return true;
	return false;
}

/* Writes a test for each finding, and one for each program that does not fail. */
void gate_tap(FILE *file, const struct gate *gate, bool junit_file)
{
	size_t number = 0, count = gate->finding_count;

	(void)junit_file;
	for (size_t i = 0; i < gate->program_count; i++)
		count += !fails(gate, &gate->programs[i]);
	fprintf(file, "TAP version 13\n1..%zu\n", count);
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];

		fprintf(file, "%s %zu - %s: ", finding->excused ? "ok" : "not ok", ++number,
			finding->account->kind);
		tap_text(file, finding->account->headline.text);
		if (finding->excused) {
			fputs(" # SKIP ", file);
			tap_text(file, finding->excused);
		}
		fputc('\n', file);
	}
	for (size_t i = 0; i < gate->program_count; i++) {
		const struct gate_program *program = &gate->programs[i];
		bool inconclusive = program->proves_nothing;

		if (fails(gate, program))
			continue;
		fprintf(file, "%s %zu - ", inconclusive && gate->status == 3 ? "not ok" : "ok",
			++number);
		tap_text(file, program->executable);
		fprintf(file, "%s\n",
			!inconclusive	    ? " does not leak"
			: gate->status == 3 ? " is inconclusive"
					    : " # SKIP inconclusive");
	}
}

/* Escapes text: a message ends at a newline, a property at a comma or colon (GitHub, "Workflow
 * commands"). */
static void github_text(FILE *file, const char *text, bool property)
{
	char *clean = utf8_clean(text);

	for (const char *c = clean; *c; c++) {
		if (*c == '%' || *c == '\r' || *c == '\n' || (property && (*c == ':' || *c == ',')))
			fprintf(file, "%%%02X", (unsigned char)*c);
		else
			fputc(*c, file);
	}
	free(clean);
}

/* Escapes lines that have no control characters any more but their newlines. */
static void github_lines(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\n')
			fprintf(file, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, file);
	}
}

void gate_github(FILE *file, const struct gate *gate, bool junit_file)
{
	(void)junit_file;
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];

		fprintf(file, "::%s ", finding->excused ? "notice" : "error");
		if (finding->account->file) {
			char *relative = gate_relative(finding->account->file);

			fputs("file=", file);
			github_text(file, relative, true);
			free(relative);
			fprintf(file, ",line=%u,",
				finding->account->line ? finding->account->line : 1);
		}
		fputs("title=", file);
		github_text(file, finding->account->kind, true);
		fputs("::", file);
		github_lines(file, finding->account->headline.text);
		if (finding->excused) {
			fputs(". ", file);
			github_text(file, finding->excused, false);
		} else {
			char *body = account_body(finding->account);

			fputs("%0A", file);
			github_lines(file, body);
			free(body);
		}
		fputc('\n', file);
	}
	if (gate->status == 3)
		for (size_t i = 0; i < gate->program_count; i++)
			if (gate->programs[i].proves_nothing) {
				fputs("::warning title=silt::", file);
				github_text(file, gate->programs[i].executable, false);
				fputs(": ", file);
				github_text(file, gate->programs[i].reason, false);
				fputc('\n', file);
			}
}

/* Escapes text so that no name becomes markup. */
static void markdown_text(FILE *file, const char *text)
{
	char *clean = utf8_clean(text);

	for (const char *c = clean; *c; c++) {
		if (*c == '<')
			fputs("&lt;", file);
		else if (*c == '&')
			fputs("&amp;", file);
		else if (strchr("\\`*_{}[]()#+!|>~@", *c))
			fprintf(file, "\\%c", *c);
		else
			fputc(*c, file);
	}
	free(clean);
}

void gate_markdown(FILE *file, const struct gate *gate)
{
	fprintf(file, "### silt: %s\n\n", gate_verdict(gate));
	if (gate->finding_count)
		fputs("| | kind | finding | rate | confidence |\n|---|---|---|---|---|\n", file);
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];
		char rate[SIZE_TEXT];

		fprintf(file, "| %s | %s | ", finding->excused ? "excused" : "fails",
			finding->account->kind);
		markdown_text(file, finding->account->headline.text);
		fprintf(file, " | %s/s | %.2f |\n",
			size_format(rate, finding->bytes_per_second, true), finding->confidence);
	}
	fputc('\n', file);
}
