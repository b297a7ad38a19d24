/*
 * Writes the verdict of a gate as JSON: silt.check/1, SARIF 2.1.0 for code scanning, GitLab's code
 * quality report; see gate_formats.h.
 * Must not: apply a rule of diagnosis.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "render/account.h"
#include "render/account_text.h"
#include "render/gate_formats.h"
#include "render/json.h"
#include "silt_release.h"
#include "util/mem.h"

#define FACTS 4 /* at most so many facts go into GitLab's one line */

static void json_lines(struct json *json, const char *name, const struct account_lines *lines)
{
	json_array(json, name);
	for (size_t i = 0; i < lines->count; i++)
		json_string(json, NULL, lines->list[i].text);
	json_end_array(json);
}

static void json_gate_finding(struct json *json, const struct gate_finding *finding)
{
	const struct account *account = finding->account;

	json_object(json, NULL);
	json_string(json, "executable", finding->executable);
	json_string(json, "kind", account->kind);
	json_string(json, "message", account->headline.text);
	json_string(json, "fingerprint", finding->fingerprint);
	json_string(json, "function", account->function);
	json_string(json, "file", account->file);
	json_unsigned(json, "line", account->line);
	json_real(json, "confidence", finding->confidence);
	json_rounded(json, "growth_bytes", finding->growth_bytes);
	json_rounded(json, "bytes_per_second", finding->bytes_per_second);
	json_unsigned(json, "live_bytes", finding->live_bytes);
	json_unsigned(json, "processes", finding->processes);
	json_string(json, "excused", finding->excused);
	json_lines(json, "facts", &account->facts);
	json_lines(json, "sites", &account->sites);
	json_lines(json, "stack", &account->stack);
	json_lines(json, "evidence", &account->evidence);
	json_string(json, "advice", account->advice);
	json_string(json, "next", account->next);
	json_end_object(json);
}

void gate_json(FILE *file, const struct gate *gate, bool junit_file)
{
	struct json json = {.file = file};

	(void)junit_file;
	json_object(&json, NULL);
	json_string(&json, "schema", "silt.check/1");
	json_string(&json, "verdict", gate_verdict(gate));
	json_array(&json, "programs");
	for (size_t i = 0; i < gate->program_count; i++) {
		json_object(&json, NULL);
		json_string(&json, "executable", gate->programs[i].executable);
		json_unsigned(&json, "processes", gate->programs[i].runs);
		json_unsigned(&json, "inconclusive", gate->programs[i].inconclusive);
		json_unsigned(&json, "idle", gate->programs[i].idle);
		json_unsigned(&json, "brief", gate->programs[i].brief);
		json_unsigned(&json, "unrecorded", gate->programs[i].unrecorded);
		json_string(&json, "reason", gate->programs[i].reason);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_array(&json, "findings");
	for (size_t i = 0; i < gate->finding_count; i++)
		json_gate_finding(&json, &gate->findings[i]);
	json_end_array(&json);
	json_texts(&json, "notes", gate->notes, gate->note_count);
	json_end_object(&json);
	json_finish(&json);
}

static void text_object(struct json *json, const char *name, const char *text)
{
	json_object(json, name);
	json_string(json, "text", text);
	json_end_object(json);
}

/* True for the first finding of its kind, which defines the SARIF rule of the kind. */
static bool first_of_kind(const struct gate *gate, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (strcmp(gate->findings[i].account->kind, gate->findings[number].account->kind) ==
		    0)
			return false;
	return true;
}

/* Writes a relative reference, or a file:// URI of an absolute path (RFC 3986), with reserved
 * characters percent-encoded. */
static void sarif_uri(struct json *json, const char *path)
{
	char *uri, *at;

	at = uri = mem_alloc(strlen(path) * 3 + 8);
	if (path[0] == '/')
		at += sprintf(at, "file://");
	for (; *path; path++)
		if (isalnum((unsigned char)*path) || strchr("-._~/", *path))
			*at++ = *path;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*path);
	*at = 0;
	json_string(json, "uri", uri);
	free(uri);
}

static void sarif_location(struct json *json, const struct gate_finding *finding)
{
	const struct account *account = finding->account;
	unsigned line = account->line ? account->line : 1;
	char *path;

	json_array(json, "locations");
	json_object(json, NULL);
	json_object(json, "physicalLocation");
	json_object(json, "artifactLocation");
	path = account->file ? gate_relative(account->file) : mem_string(finding->executable);
	sarif_uri(json, path);
	free(path);
	json_end_object(json);
	json_object(json, "region");
	json_unsigned(json, "startLine", line);
	json_unsigned(json, "startColumn", 1);
	json_unsigned(json, "endLine", line);
	json_unsigned(json, "endColumn", 2);
	json_end_object(json);
	json_end_object(json);
	json_end_object(json);
	json_end_array(json);
}

static void sarif_result(struct json *json, const struct gate_finding *finding)
{
	char *body = account_body(finding->account);
	char *text = mem_format("%s\n%s", finding->account->headline.text, body);

	json_object(json, NULL);
	json_string(json, "ruleId", finding->account->kind);
	json_string(json, "level", finding->excused ? "note" : "error");
	text_object(json, "message", text);
	free(body);
	free(text);
	sarif_location(json, finding);
	json_object(json, "partialFingerprints");
	json_string(json, "primaryLocationLineHash", finding->fingerprint);
	json_end_object(json);
	if (finding->excused) {
		json_array(json, "suppressions");
		json_object(json, NULL);
		json_string(json, "kind", "external");
		json_string(json, "justification", finding->excused);
		json_end_object(json);
		json_end_array(json);
	}
	json_end_object(json);
}

void gate_sarif(FILE *file, const struct gate *gate, bool junit_file)
{
	struct json json = {.file = file};

	(void)junit_file;
	json_object(&json, NULL);
	json_string(&json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_string(&json, "version", "2.1.0");
	json_array(&json, "runs");
	json_object(&json, NULL);
	json_object(&json, "tool");
	json_object(&json, "driver");
	json_string(&json, "name", "silt");
	json_string(&json, "version", SILT_RELEASE);
	json_array(&json, "rules");
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct account *account = gate->findings[i].account;

		if (!first_of_kind(gate, i))
			continue;
		json_object(&json, NULL);
		json_string(&json, "id", account->kind);
		text_object(&json, "shortDescription", account->kind);
		text_object(&json, "fullDescription",
			    "Memory that grows without bound; see silt-diagnosis(7).");
		text_object(&json, "help", account->advice);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_end_object(&json);
	json_array(&json, "results");
	for (size_t i = 0; i < gate->finding_count; i++)
		sarif_result(&json, &gate->findings[i]);
	json_end_array(&json);
	json_end_object(&json);
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

/* Returns the headline, the facts and the callers on one line; the caller frees it. */
static char *one_line(const struct account *account)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return mem_string(account->headline.text);
	fputs(account->headline.text, file);
	for (size_t i = 0; i < account->facts.count && i < FACTS; i++)
		fprintf(file, "; %s", account->facts.list[i].text);
	if (account->callers.text)
		fprintf(file, "; %s", account->callers.text);
	fclose(file);
	return text;
}

/* GitLab's report format "Code Quality". Excused findings are left out. */
void gate_gitlab(FILE *file, const struct gate *gate, bool junit_file)
{
	struct json json = {.file = file};

	(void)junit_file;
	json_array(&json, NULL);
	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];
		const struct account *account = finding->account;
		char *text;

		if (finding->excused)
			continue;
		json_object(&json, NULL);
		text = one_line(account);
		json_string(&json, "description", text);
		free(text);
		json_string(&json, "check_name", account->kind);
		json_string(&json, "fingerprint", finding->fingerprint);
		json_string(&json, "severity", finding->confidence >= 0.8 ? "critical" : "major");
		json_object(&json, "location");
		text = account->file ? gate_relative(account->file)
				     : mem_string(finding->executable);
		json_string(&json, "path", text);
		free(text);
		json_object(&json, "lines");
		json_unsigned(&json, "begin", account->line ? account->line : 1);
		json_end_object(&json);
		json_end_object(&json);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}
