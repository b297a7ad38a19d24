/* Prints the output of `silt fleet`: see fleet_view.h. */
#include "render/fleet_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/fleet.h"
#include "gate/gate.h"
#include "render/account.h"
#include "render/account_text.h"
#include "render/json.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

#define SHORT_ID 12	       /* digits shown of a build id */
#define LEAST_PROBABILITY 1e-9 /* smaller probabilities print as "< 1e-09" */

/* -- text -- */

static void print_value(const struct fleet_value *value)
{
	printf("%s ", value->key);
	if (strcmp(value->key, "build") == 0)
		printf("%.*s", SHORT_ID, value->text);
	else
		utf8_print(stdout, value->text);
}

static void print_association(const struct fleet_association *association, bool first)
{
	printf("   %s ", first ? "goes with" : "independently of that, goes with");
	print_value(association->value);
	printf(": %zu of %zu runs that have it, %zu of %zu others (p ", association->with_hits,
	       association->with, association->without_hits, association->without);
	if (association->probability < LEAST_PROBABILITY)
		printf("< %.0e)\n", LEAST_PROBABILITY);
	else
		printf("= %.2g)\n", association->probability);
	for (const struct fleet_value *same = association->value->same; same; same = same->same) {
		fputs("     the same runs: ", stdout);
		print_value(same);
		putchar('\n');
	}
}

static void print_finding(const struct fleet *fleet, size_t number)
{
	const struct gate_finding *finding = &fleet->gate->findings[number];
	const struct fleet_finding *result = &fleet->findings[number];
	char rate[SIZE_TEXT], *headline;

	headline = mem_format("%s (confidence %.2f): %s", finding->account->kind,
			      finding->confidence, finding->account->headline.text);
	fputs("\n ", stdout);
	account_wrap(stdout, 1, "   ", headline);
	free(headline);
	printf("   %s: in %zu of %zu %s that could be judged; %s/s in all", finding->fingerprint,
	       result->hits, result->judged, words_plural(result->judged, "run", "runs"),
	       size_format(rate, finding->bytes_per_second, true));
	printf(", %s/s in the fastest\n", size_format(rate, finding->fastest, true));
	if (finding->excused) {
		fputs("   excused: ", stdout);
		utf8_print(stdout, finding->excused);
		putchar('\n');
	}
	for (size_t i = 0; i < result->association_count; i++)
		print_association(&result->associations[i], i == 0);
	if (!result->association_count)
		puts(result->hits == result->judged
			     ? "   in all of them: whatever their build, host and arguments"
			     : "   no build, host, folder or argument explains which runs have it");
}

/* Prints the findings of a program in the order of the gate, the most severe first. */
static void print_findings(const struct fleet *fleet, size_t program, size_t limit)
{
	const struct gate *gate = fleet->gate;
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < gate->finding_count; i++) {
		const struct gate_finding *finding = &gate->findings[i];

		if (!finding->run_count || gate->runs[finding->runs[0]].program != program)
			continue;
		if (shown < limit) {
			print_finding(fleet, i);
			shown++;
		} else {
			more++;
		}
	}
	if (more)
		printf("\n and %zu more: --limit\n", more);
}

static void print_program(const struct fleet *fleet, size_t number)
{
	const struct gate_program *program = &fleet->gate->programs[number];
	const struct fleet_program *runs = &fleet->programs[number];

	utf8_print(stdout, program->executable);
	printf(": %" PRIu64 " %s", program->runs, words_plural(program->runs, "run", "runs"));
	if (runs->builds > 1)
		printf(", %zu builds", runs->builds);
	if (runs->hosts > 1)
		printf(", %zu hosts", runs->hosts);
	printf("; %zu leaking", runs->leaking);
	if (program->inconclusive)
		printf(", %" PRIu64 " inconclusive", program->inconclusive);
	if (program->reason) {
		fputs(" (", stdout);
		utf8_print(stdout, program->reason);
		putchar(')');
	}
	putchar('\n');
}

void fleet_text(const struct fleet *fleet, size_t limit)
{
	for (size_t i = 0; i < fleet->gate->program_count; i++) {
		if (i)
			putchar('\n');
		print_program(fleet, i);
		print_findings(fleet, i, limit);
	}
	putchar('\n');
	for (size_t i = 0; i < fleet->gate->note_count; i++) {
		fputs("note: ", stdout);
		utf8_print(stdout, fleet->gate->notes[i]);
		putchar('\n');
	}
	if (fleet->gate->finding_count)
		printf("significance level %g over all %zu %s (Fisher's exact test)\n",
		       fleet->level, fleet->comparisons,
		       words_plural(fleet->comparisons, "comparison", "comparisons"));
	printf("silt fleet: %s\n", gate_verdict(fleet->gate));
}

/* -- JSON -- */

static void json_value(struct json *json, const struct fleet_value *value)
{
	json_string(json, "key", value->key);
	json_string(json, "value", value->text);
	if (value->depth)
		json_unsigned(json, "depth", value->depth);
}

static void json_side(struct json *json, const char *name, size_t runs, size_t hits)
{
	json_object(json, name);
	json_unsigned(json, "runs", runs);
	json_unsigned(json, "hits", hits);
	json_end_object(json);
}

static void json_association(struct json *json, const struct fleet_association *association)
{
	json_object(json, NULL);
	json_value(json, association->value);
	json_side(json, "with", association->with, association->with_hits);
	json_side(json, "without", association->without, association->without_hits);
	json_real(json, "probability", association->probability);
	json_array(json, "same");
	for (const struct fleet_value *same = association->value->same; same; same = same->same) {
		json_object(json, NULL);
		json_value(json, same);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void json_finding(struct json *json, const struct gate_finding *finding,
			 const struct fleet_finding *result)
{
	json_object(json, NULL);
	json_string(json, "executable", finding->executable);
	json_string(json, "kind", finding->account->kind);
	json_string(json, "message", finding->account->headline.text);
	json_string(json, "fingerprint", finding->fingerprint);
	json_string(json, "function", finding->account->function);
	json_string(json, "file", finding->account->file);
	json_unsigned(json, "line", finding->account->line);
	json_real(json, "confidence", finding->confidence);
	json_rounded(json, "growth_bytes", finding->growth_bytes);
	json_rounded(json, "bytes_per_second", finding->bytes_per_second);
	json_rounded(json, "fastest_bytes_per_second", finding->fastest);
	json_unsigned(json, "runs", result->hits);
	json_unsigned(json, "judged", result->judged);
	json_string(json, "excused", finding->excused);
	json_array(json, "associations");
	for (size_t i = 0; i < result->association_count; i++)
		json_association(json, &result->associations[i]);
	json_end_array(json);
	json_end_object(json);
}

static void json_program(struct json *json, const struct gate_program *program,
			 const struct fleet_program *runs)
{
	json_object(json, NULL);
	json_string(json, "executable", program->executable);
	json_unsigned(json, "runs", program->runs);
	json_unsigned(json, "leaking", runs->leaking);
	json_unsigned(json, "inconclusive", program->inconclusive);
	json_unsigned(json, "unrecorded", program->unrecorded);
	json_unsigned(json, "builds", runs->builds);
	json_unsigned(json, "hosts", runs->hosts);
	json_end_object(json);
}

void fleet_json(const struct fleet *fleet)
{
	const struct gate *gate = fleet->gate;
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.fleet/1");
	json_string(&json, "verdict", gate_verdict(gate));
	json_real(&json, "level", fleet->level);
	json_unsigned(&json, "comparisons", fleet->comparisons);
	json_array(&json, "programs");
	for (size_t i = 0; i < gate->program_count; i++)
		json_program(&json, &gate->programs[i], &fleet->programs[i]);
	json_end_array(&json);
	json_array(&json, "findings");
	for (size_t i = 0; i < gate->finding_count; i++)
		if (gate->findings[i].run_count)
			json_finding(&json, &gate->findings[i], &fleet->findings[i]);
	json_end_array(&json);
	json_texts(&json, "notes", gate->notes, gate->note_count);
	json_end_object(&json);
	json_finish(&json);
}
