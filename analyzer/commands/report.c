/*
 * silt report: what leaks in a run, what kind of leak it is, who holds it, and how sure that is.
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "diagnose/diagnose.h"
#include "diagnose/ranking.h"
#include "model/recorded.h"
#include "render/account.h"
#include "render/account_text.h"
#include "render/names.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

static const char usage[] =
	"Usage: silt report [options] [RUN|SNAP...]\n"
	"\n"
	"Says which call sites grow without bound in a run, what kind of leak each is, and who holds it;\n"
	"of the newest run in silt-out if none is named.\n"
	"\n";
static const char more_help[] =
	"      --warmup T       how long the program takes to warm up: 10s (default: a third of the run)\n"
	"      --per 'N UNIT'   the run did N units of work ('5000 requests'): rates per unit, too\n"
	"      --verbose        all figures\n";

enum { OPT_WARMUP = OPTIONS_FORMAT + 1, OPT_VERBOSE, OPT_PER };

struct request {
	struct options options;
	double warmup;
	double iterations;
	const char *unit;
	bool verbose;
};

/* "5000 requests": a number, and what it counts. */
static int take_per(struct request *request, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	char *number = mem_substring(value, digits);
	uint64_t count;
	bool good = parse_number(number, &count) && count > 0;

	free(number);
	if (!good) {
		fprintf(stderr,
			"silt report: --per %s: expected a number and what it counts, such as '5000 "
			"requests'\n",
			value);
		return 2;
	}
	request->iterations = (double)count;
	request->unit = value + digits + strspn(value + digits, " ");
	if (!request->unit[0])
		request->unit = "iteration";
	return -1;
}

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;
	uint64_t ns;

	switch (option) {
	case OPTIONS_FORMAT:
		return -1;
	case OPT_WARMUP:
		if (!parse_duration(value, &ns)) {
			fprintf(stderr, "silt report: --warmup %s: expected a time such as 10s or 5m\n",
				value);
			return 2;
		}
		request->warmup = (double)ns / 1e9;
		return -1;
	case OPT_PER:
		return take_per(request, value);
	case OPT_VERBOSE:
		request->verbose = true;
		return -1;
	default:
		return 2;
	}
}

/* -- JSON -- */

static const char *verdict_name(enum diagnosis_verdict verdict)
{
	static const char *const names[] = {"clean", "leaking", "inconclusive"};

	return names[verdict];
}

static uint64_t whole(double value)
{
	return value > 0 ? (uint64_t)(value + 0.5) : 0;
}

static void json_holder(struct json *json, const struct diagnosis *diagnosis, const struct finding *finding)
{
	const struct holder *holder = finding->holder;
	const struct snapshot_thread *thread = holder && holder->thread ? holder->thread : finding->thread;

	json_object(json, "holder");
	json_string(json, "root",
		    holder	       ? holders_root_name(holder->kind)
		    : finding->mapping ? holders_root_name(SILT_ROOT_MAPPING)
		    : finding->lost    ? "none"
				       : "unknown");
	json_string(json, "symbol",
		    holder	       ? holder->symbol
		    : finding->mapping ? finding->mapping->name
				       : NULL);
	if (holder && holder->local)
		json_string(json, "local", holder->local);
	json_string(json, "module", holder ? holder->module : NULL);
	json_string(json, "file", holder ? holder->file : NULL);
	json_unsigned(json, "line", holder ? holder->line : 0);
	json_string(json, "thread", thread ? thread->name : NULL);
	json_string(json, "thread_start",
		    thread ? holders_thread_start(diagnosis_holders(diagnosis), thread) : NULL);
	json_string(json, "path",
		    finding->path ? holders_path(diagnosis_holders(diagnosis), finding->path) : NULL);
	json_unsigned(json, "retained_bytes", holder ? holder->retained_bytes : 0);
	json_end_object(json);
}

static void json_other_holder(struct json *json, const struct diagnosis *diagnosis,
			      const struct telling_root *root)
{
	const struct holder *holder = root->holder;

	json_object(json, NULL);
	json_string(json, "root", holders_root_name(holder->kind));
	json_string(json, "symbol", holder->symbol);
	if (holder->local)
		json_string(json, "local", holder->local);
	json_string(json, "module", holder->module);
	json_string(json, "file", holder->file);
	json_unsigned(json, "line", holder->line);
	json_string(json, "thread", holder->thread ? holder->thread->name : NULL);
	json_string(json, "path", holders_path(diagnosis_holders(diagnosis), root->path));
	json_unsigned(json, "retained_bytes", holder->retained_bytes);
	json_real(json, "share", root->share);
	json_end_object(json);
}

static void json_callback(struct json *json, const struct diagnosis *diagnosis,
			  struct profile_context *context, const struct finding *finding)
{
	const struct frame *frame =
		finding->callback ? account_callback(diagnosis, context, finding->callback) : NULL;
	const struct variable *table;

	if (!frame) {
		json_string(json, "callback", NULL);
		return;
	}
	json_object(json, "callback");
	table = account_callback_table(diagnosis, context, finding->callback);
	json_string(json, "function", table ? table->name : frame->function);
	json_string(json, "file", table ? table->file : frame->file);
	json_unsigned(json, "line", table ? table->line : frame->line);
	json_bool(json, "table", finding->callback->table);
	json_unsigned(json, "offset", finding->callback->offset);
	json_end_object(json);
}

static void json_cycle(struct json *json, const struct diagnosis *diagnosis, const struct finding *finding)
{
	const struct profile *profile = diagnosis_profile(diagnosis);

	if (!finding->component) {
		json_string(json, "cycle", NULL);
		return;
	}
	json_array(json, "cycle");
	for (uint64_t i = 0; i < finding->component->triple_count; i++) {
		const struct snapshot_triple *triple =
			&profile->snapshot->graph.triples[finding->component->first_triple + i];

		json_object(json, NULL);
		record_site(json, "from", &profile->sites[triple->from]);
		json_unsigned(json, "offset", triple->offset);
		record_site(json, "to", &profile->sites[triple->to]);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_freed(struct json *json, const struct finding *finding)
{
	if (finding->freed)
		json_unsigned(json, "freed_blocks", finding->freed->blocks);
	json_array(json, "freed_from");
	for (size_t i = 0; finding->freed && i < finding->freed->count; i++) {
		const struct freed_stack *stack = &finding->freed->list[i];

		json_object(json, NULL);
		json_unsigned(json, "blocks", stack->blocks);
		json_string(json, "how", stack->moved ? "realloc" : "free");
		json_unsigned(json, "samples", stack->samples);
		record_traceback(json, stack->stack);
		json_end_object(json);
	}
	json_end_array(json);
}

/* What text shows in words. */
static void json_account(struct json *json, const struct diagnosis *diagnosis,
			 struct profile_context *context, const struct finding *finding)
{
	struct account *account = account_new(diagnosis, context, finding, NULL);

	json_string(json, "headline", account->headline.text);
	json_string(json, "next", account->next);
	account_free(account);
}

static void json_pins(struct json *json, const struct finding *finding)
{
	if (finding->kind != FINDING_FRAGMENTATION) {
		json_string(json, "pinned_by", NULL);
		return;
	}
	json_array(json, "pinned_by");
	for (size_t i = 0; i < finding->pin_count; i++) {
		json_object(json, NULL);
		json_unsigned(json, "bytes", finding->pins[i].bytes);
		json_unsigned(json, "blocks", finding->pins[i].blocks);
		record_traceback(json, finding->pins[i].profile);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_finding(struct json *json, const struct diagnosis *diagnosis,
			 struct profile_context *context, const struct finding *finding)
{
	json_object(json, NULL);
	json_string(json, "kind", finding_kind_name(finding->kind));
	json_real(json, "confidence", finding->confidence);
	json_unsigned(json, "growth_bytes", whole(finding->growth_bytes));
	json_unsigned(json, "growth_blocks", whole(finding->growth_blocks));
	json_unsigned(json, "bytes_per_second", whole(finding->bytes_per_second));
	if (finding->bytes_per_iteration > 0)
		json_real(json, "bytes_per_iteration", finding->bytes_per_iteration);
	json_unsigned(json, "live_bytes", finding->live_bytes);
	json_unsigned(json, "live_blocks", finding->live_blocks);
	json_unsigned(json, "call_stacks", finding->stacks);
	json_array(json, "sites");
	for (size_t i = 0; i < finding->site_count; i++) {
		json_object(json, NULL);
		json_unsigned(json, "growth_bytes", whole(finding->sites[i].growth_bytes));
		json_unsigned(json, "growth_blocks", whole(finding->sites[i].growth_blocks));
		json_unsigned(json, "live_bytes", finding->sites[i].live_bytes);
		json_unsigned(json, "live_blocks", finding->sites[i].live_blocks);
		if (finding->sites[i].profile)
			record_traceback(json, finding->sites[i].profile);
		json_end_object(json);
	}
	json_end_array(json);
	json_holder(json, diagnosis, finding);
	json_array(json, "other_holders");
	for (size_t i = 0; i < finding->other_count; i++)
		json_other_holder(json, diagnosis, &finding->others[i]);
	json_end_array(json);
	json_string(json, "shape", shape_name(finding->shape));
	json_callback(json, diagnosis, context, finding);
	json_cycle(json, diagnosis, finding);
	json_freed(json, finding);
	json_pins(json, finding);
	json_array(json, "generations");
	for (size_t i = 0; i < finding->generation_count; i++)
		json_unsigned(json, NULL, finding->generations[i]);
	json_end_array(json);
	json_array(json, "evidence");
	for (size_t i = 0; i < finding->evidence_count; i++)
		json_string(json, NULL, finding->evidence[i]);
	json_end_array(json);
	json_string(json, "advice", finding_advice(finding));
	json_account(json, diagnosis, context, finding);
	json_end_object(json);
}

static void json_report(struct json *out, const struct request *request,
			const struct recorded_process *process, const struct series *series,
			const struct diagnosis *diagnosis, struct profile_context *context)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	struct json json = *out;

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.report/1");
	json_object(&json, "run");
	json_string(&json, "path", process->path);
	json_unsigned(&json, "snapshots", series->count);
	json_unsigned(&json, "duration_ns", last->process.uptime_ns);
	json_unsigned(&json, "pid", last->process.pid);
	json_array(&json, "command");
	for (uint64_t i = 0; i < last->argument_count; i++)
		json_string(&json, NULL, last->arguments[i]);
	json_end_array(&json);
	json_unsigned(&json, "intervals", diagnosis_intervals(diagnosis));
	json_end_object(&json);
	json_string(&json, "verdict", verdict_name(diagnosis->verdict));
	json_array(&json, "findings");
	for (size_t i = 0; i < diagnosis->count && i < request->options.limit; i++)
		json_finding(&json, diagnosis, context, diagnosis->findings[i]);
	json_end_array(&json);
	json_array(&json, "notes");
	for (size_t i = 0; i < diagnosis->note_count; i++)
		json_string(&json, NULL, diagnosis->notes[i]);
	json_end_array(&json);
	json_end_object(&json);
	*out = json;
}

/* -- text -- */

static void print_finding(const struct request *request, const struct diagnosis *diagnosis,
			  struct profile_context *context, const struct finding *finding, size_t number)
{
	struct account *account = account_new(diagnosis, context, finding, request->unit);
	const char *bold = request->options.colour ? "\033[1m" : "", *plain = bold[0] ? "\033[0m" : "";

	printf("\n%zu. %s%s%s (confidence %.2f): ", number, bold, account->kind, plain, account->confidence);
	account_wrap(stdout, strlen(account->kind) + strlen("1.  (confidence 0.90): "), "   ",
		     account->headline.text);
	account_print(stdout, account, "   ", request->verbose);
	if (request->options.traceback && finding->site_count && finding->sites[0].profile)
		text_traceback(finding->sites[0].profile, request->options.traceback);
	else
		account_print_callers(stdout, account, "   ");
	account_print_advice(stdout, account, "   ");
	account_free(account);
}

static void print_text(const struct request *request, const struct series *series,
		       const struct diagnosis *diagnosis, struct profile_context *context)
{
	text_snapshot("", series->snapshots[series->count - 1]);
	printf("  %zu snapshot%s, %zu interval%s and %.1f s after the warm-up: %s\n", series->count,
	       words_s(series->count), diagnosis_intervals(diagnosis),
	       words_s(diagnosis_intervals(diagnosis)), diagnosis_seconds(diagnosis),
	       verdict_name(diagnosis->verdict));
	for (size_t i = 0; i < diagnosis->count && i < request->options.limit; i++)
		print_finding(request, diagnosis, context, diagnosis->findings[i], i + 1);
	for (size_t i = 0; i < diagnosis->note_count; i++) {
		char *note = utf8_clean(diagnosis->notes[i]);

		fputs("  note: ", stdout);
		account_wrap(stdout, strlen("  note: "), "  ", note);
		free(note);
	}
}

/* One process, in full; as JSON into `json`. False after printing what cannot be read. */
static bool report_process(const struct request *request, const struct recorded_process *process,
			   struct json *json)
{
	struct series *series = recorded_load("report", process, request->options.moment);
	struct profile_context *context;
	struct diagnosis_options options = {request->warmup, request->iterations, &request->options.blame};
	struct diagnosis *diagnosis;

	if (!series)
		return false;
	context = profile_context_new();
	diagnosis = diagnosis_new(series, context, &options);
	if (json)
		json_report(json, request, process, series, diagnosis, context);
	else
		print_text(request, series, diagnosis, context);
	notes_print(context);
	options_print_hints(&request->options, diagnosis_profile(diagnosis));
	diagnosis_free(diagnosis);
	profile_context_free(context);
	series_free(series);
	return true;
}

/* -- several processes -- */

static void json_whole(struct json *json, const struct whole *whole)
{
	json_object(json, "processes");
	json_unsigned(json, "leaking", whole->leaking);
	json_unsigned(json, "clean", whole->clean);
	json_unsigned(json, "inconclusive", whole->inconclusive);
	json_unsigned(json, "idle", whole->idle);
	json_unsigned(json, "unrecorded", whole->unrecorded);
	json_end_object(json);
}

static bool report_many_json(const struct request *request, const struct recorded_list *list,
			     const struct ranking *ranking)
{
	struct json json = {.file = stdout};
	bool good = true;

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.reports/1");
	json_string(&json, "verdict", verdict_name(whole_verdict(&ranking->whole)));
	json_whole(&json, &ranking->whole);
	json_array(&json, "reports");
	for (size_t i = 0; i < ranking->count && good; i++)
		good = report_process(request, &list->list[ranking->lines[i].process], &json);
	json_end_array(&json);
	json_array(&json, "unrecorded");
	for (size_t i = 0; i < list->unrecorded.count; i++) {
		json_object(&json, NULL);
		json_unsigned(&json, "pid", list->unrecorded.list[i].pid);
		json_string(&json, "program", list->unrecorded.list[i].program);
		json_string(&json, "cause", list->unrecorded.list[i].cause);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
	return good;
}

static void print_line(const struct recorded_list *list, const struct ranking_line *line)
{
	char rate[SIZE_TEXT];

	printf("  %-12s %12s/s  ", ranking_verdict(line), size_format(rate, line->bytes_per_second, true));
	utf8_print(stdout, list->list[line->process].path);
	if (line->verdict == DIAGNOSIS_INCONCLUSIVE && !line->idle && line->reason) {
		fputs(": ", stdout);
		utf8_print(stdout,
			   line->reason + (strncmp(line->reason, "inconclusive: ", 14) == 0 ? 14 : 0));
	}
	putchar('\n');
}

static bool report_many_text(const struct request *request, const struct recorded_list *list,
			     const struct ranking *ranking)
{
	char *sentence = whole_sentence(&ranking->whole);

	printf("%zu runs: %s; %s; worst first:\n", list->count, verdict_name(whole_verdict(&ranking->whole)),
	       sentence);
	free(sentence);
	for (size_t i = 0; i < ranking->count; i++)
		print_line(list, &ranking->lines[i]);
	for (size_t i = 0; i < list->unrecorded.count; i++) {
		const struct unrecorded *unrecorded = &list->unrecorded.list[i];

		fputs("  not recorded                  ", stdout);
		utf8_print(stdout, unrecorded->program);
		printf(" (pid %u): ", unrecorded->pid);
		utf8_print(stdout, unrecorded->cause);
		putchar('\n');
	}
	putchar('\n');
	return report_process(request, &list->list[ranking->lines[0].process], NULL);
}

static bool report_many(const struct request *request, const struct recorded_list *list)
{
	struct diagnosis_options options = {request->warmup, request->iterations, &request->options.blame};
	struct ranking *ranking = ranking_new("report", list, request->options.moment, &options);
	bool good = ranking && (request->options.json ? report_many_json(request, list, ranking)
						      : report_many_text(request, list, ranking));

	ranking_free(ranking);
	return good;
}

static bool report(const struct request *request, char **operands)
{
	struct json json = {.file = stdout};
	struct recorded_list list;
	bool good = recorded_find("report", operands, &list);

	if (!good)
		return false;
	if (list.count > 1 || list.unrecorded.count)
		good = report_many(request, &list);
	else
		good = report_process(request, &list.list[0], request->options.json ? &json : NULL);
	if (good && list.count == 1 && !list.unrecorded.count && request->options.json)
		json_finish(&json);
	recorded_list_free(&list);
	return good;
}

int report_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"warmup", required_argument, NULL, OPT_WARMUP},
						     {"per", required_argument, NULL, OPT_PER},
						     {"verbose", no_argument, NULL, OPT_VERBOSE},
						     {NULL, 0, NULL, 0}};
	struct request request = {.warmup = -1, .iterations = -1, .unit = "iteration"};
	struct options_more more = {more_options, more_help, take, &request};
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	char *newest[2] = {NULL, NULL};

	if (status < 0 && !argv[optind])
		newest[0] = input_newest_run("silt report");
	if (status < 0 && !argv[optind] && !newest[0]) {
		status = 2;
	} else if (status < 0) {
		status = report(&request, argv[optind] ? argv + optind : newest) ? 0 : 2;
	}
	free(newest[0]);
	options_free(&request.options);
	return status;
}
