/*
 * Writes what leaks in a run as JSON: see report_view.h.
 */
#include "render/ending_view.h"
#include "render/report_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/ranking.h"
#include "diagnose/shape.h"
#include "diagnose/whole.h"
#include "load/snapshot.h"
#include "model/freed.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/recorded.h"
#include "model/series.h"
#include "model/root_ranking.h"
#include "render/account.h"
#include "render/json.h"
#include "render/records.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "symbolize/variable.h"
#include "util/mem.h"

static void json_holder(struct json *json, const struct diagnosis *diagnosis,
			const struct finding *finding)
{
	const struct holder *holder = finding->holder;
	const struct snapshot_thread *thread =
		holder && holder->thread ? holder->thread : finding->thread;

	json_object(json, "holder");
	json_string(json, "root",
		    holder ? holders_root_name(holder->kind)
		    : finding->mapping || finding->of_mappings
			    ? holders_root_name(SILT_ROOT_MAPPING)
		    : finding->lost ? "none"
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
		    finding->path ? holders_path(diagnosis_holders(diagnosis), finding->path)
				  : NULL);
	json_unsigned(json, "retained_bytes", holder ? holder->retained_bytes : 0);
	json_end_object(json);
}

static void json_other_holder(struct json *json, const struct diagnosis *diagnosis,
			      const struct ranked_root *root)
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

static void json_cycle(struct json *json, const struct diagnosis *diagnosis,
		       const struct finding *finding)
{
	if (finding->component)
		record_triples(json, "cycle", diagnosis_profile(diagnosis), finding->component);
	else
		json_string(json, "cycle", NULL);
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
		json_string(json, "how",
			    stack->moved		  ? "realloc"
			    : finding->freed->of_mappings ? "munmap"
							  : "free");
		json_unsigned(json, "samples", stack->samples);
		record_traceback(json, stack->stack);
		json_end_object(json);
	}
	json_end_array(json);
}

/* Writes the sentences that the text report prints. */
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
	json_rounded(json, "growth_bytes", finding->growth_bytes);
	json_rounded(json, "growth_blocks", finding->growth_blocks);
	json_rounded(json, "bytes_per_second", finding->bytes_per_second);
	if (finding->bytes_per_iteration > 0)
		json_real(json, "bytes_per_iteration", finding->bytes_per_iteration);
	json_unsigned(json, "live_bytes", finding->live_bytes);
	json_unsigned(json, "live_blocks", finding->live_blocks);
	json_unsigned(json, "call_stacks", finding->stacks);
	json_array(json, "sites");
	for (size_t i = 0; i < finding->site_count; i++) {
		json_object(json, NULL);
		json_rounded(json, "growth_bytes", finding->sites[i].growth_bytes);
		json_rounded(json, "growth_blocks", finding->sites[i].growth_blocks);
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

void report_json(struct json *out, const struct report_view *view, const char *path,
		 const struct series *series, const struct diagnosis *diagnosis,
		 struct profile_context *context)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	struct json json = out ? *out : (struct json){.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.report/1");
	json_object(&json, "run");
	json_string(&json, "path", path);
	json_unsigned(&json, "snapshots", series->count);
	json_unsigned(&json, "duration_ns", last->process.uptime_ns);
	json_unsigned(&json, "pid", last->process.pid);
	json_array(&json, "command");
	for (uint64_t i = 0; i < last->argument_count; i++)
		json_string(&json, NULL, last->arguments[i]);
	json_end_array(&json);
	json_unsigned(&json, "intervals", diagnosis_intervals(diagnosis));
	ending_json(&json, series);
	json_end_object(&json);
	json_string(&json, "verdict", report_verdict_name(diagnosis->verdict));
	json_array(&json, "findings");
	for (size_t i = 0; i < diagnosis->count && i < view->options->limit; i++)
		json_finding(&json, diagnosis, context, diagnosis->findings[i]);
	json_end_array(&json);
	json_texts(&json, "notes", diagnosis->notes, diagnosis->note_count);
	json_string(&json, "next", diagnosis->next);
	json_end_object(&json);
	if (out)
		*out = json;
	else
		json_finish(&json);
}

static void json_whole(struct json *json, const struct whole *whole)
{
	json_object(json, "processes");
	json_unsigned(json, "leaking", whole->leaking);
	json_unsigned(json, "clean", whole->clean);
	json_unsigned(json, "inconclusive", whole->inconclusive);
	json_unsigned(json, "idle", whole->idle);
	json_unsigned(json, "brief", whole->brief);
	json_unsigned(json, "unrecorded", whole->unrecorded);
	json_end_object(json);
}

struct json *report_json_begin(const struct ranking *ranking)
{
	struct json *json = mem_zeroed(1, sizeof *json);

	json->file = stdout;
	json_object(json, NULL);
	json_string(json, "schema", "silt.reports/1");
	json_string(json, "verdict", report_verdict_name(whole_verdict(&ranking->whole)));
	json_whole(json, &ranking->whole);
	json_array(json, "reports");
	return json;
}

void report_json_end(struct json *json, const struct recorded_list *list)
{
	json_end_array(json);
	json_array(json, "unrecorded");
	for (size_t i = 0; i < list->unrecorded.count; i++) {
		json_object(json, NULL);
		json_unsigned(json, "pid", list->unrecorded.list[i].pid);
		json_string(json, "program", list->unrecorded.list[i].program);
		json_string(json, "cause", list->unrecorded.list[i].cause);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
	json_finish(json);
	free(json);
}
