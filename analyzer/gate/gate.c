/* Judges many processes under a policy: see gate.h. */
#include "gate/gate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/whole.h"
#include "gate/baseline.h"
#include "gate/gate_findings.h"
#include "gate/suppressions.h"
#include "load/run_dir.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "load/unrecorded.h"
#include "model/blame.h"
#include "model/doubt.h"
#include "model/fingerprint.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/recorded.h"
#include "model/series.h"
#include "silt_assert.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/utf8.h"

struct building {
	struct gate *gate;
	struct policy *policy;
	size_t program_capacity, note_capacity, run_capacity;
	struct whole whole;
	/* its context reads symbols once for all processes */
	struct gate_collector collector;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void add_note(struct building *b, char *note)
{
	MEM_GROW(b->gate->notes, b->gate->note_count, b->note_capacity);
	b->gate->notes[b->gate->note_count++] = note;
}

/* Programs are identified by name, so that a program on several hosts is one. */
static struct gate_program *program_of(struct building *b, const char *executable)
{
	for (size_t i = 0; i < b->gate->program_count; i++)
		if (strcmp(b->gate->programs[i].executable, base_name(executable)) == 0)
			return &b->gate->programs[i];
	MEM_GROW(b->gate->programs, b->gate->program_count, b->program_capacity);
	b->gate->programs[b->gate->program_count] =
		(struct gate_program){.executable = mem_string(base_name(executable))};
	return &b->gate->programs[b->gate->program_count++];
}

void gate_add_error(struct gate *gate, const char *executable, const char *message)
{
	gate->findings =
		mem_resize(gate->findings, gate->finding_count + 1, sizeof *gate->findings);
	memmove(gate->findings + 1, gate->findings, gate->finding_count * sizeof *gate->findings);
	gate->findings[0] = (struct gate_finding){
		.executable = mem_string(base_name(executable)),
		.kind = "error",
		.account = gate->words->plain("error", message,
					      "The soak itself failed: fix that first."),
		.confidence = 1,
		.processes = 1,
	};
	fingerprint_site(gate->findings[0].fingerprint, gate->findings[0].executable, "error",
			 NULL);
	gate->finding_count++;
	program_of(&(struct building){.gate = gate, .program_capacity = gate->program_count},
		   /* adds the program if nothing of it was recorded */
		   gate->findings[0].executable);
	if (gate->status != 1)
		gate->status = 2;
}

static void note_children(struct building *b, const char *executable, const struct snapshot *last)
{
	char *text = doubt_of_children(last);

	if (text)
		add_note(b, mem_format("%s: %s", executable, text));
	free(text);
}

/* Keeps the reason of the last inconclusive process, with the command line that settles it, but
 * prefers a process that was cut short to others, and an idle one to none. */
static void note_reason(const struct policy *policy, struct gate_program *program,
			const struct diagnosis *diagnosis)
{
	const char *reason = diagnosis_reason(diagnosis);

	if (diagnosis->count && !diagnosis->cut_short)
		reason = "what grows may be a cache that is still filling: run longer to confirm";
	if (program->reason && (diagnosis->idle || (program->cut_short && !diagnosis->cut_short)))
		return;
	free(program->reason);
	reason = reason ? reason : "too short";
	if (!diagnosis->next)
		program->reason = mem_string(reason);
	else if (strcmp(policy->command, "soak") == 0)
		program->reason =
			mem_format("%s; next: the same silt soak with --duration %.0fs%s", reason,
				   diagnosis->next_seconds,
				   diagnosis->idle ? " and a load that reaches this process" : "");
	else
		program->reason = mem_format("%s; next: %s", reason, diagnosis->next);
}

static void add_run(struct building *b, const char *path, const struct gate_program *program,
		    const struct snapshot *last, bool is_inconclusive)
{
	struct gate_run *run;

	MEM_GROW(b->gate->runs, b->gate->run_count, b->run_capacity);
	run = &b->gate->runs[b->gate->run_count++];
	*run = (struct gate_run){
		.path = mem_string(path),
		.program = (size_t)(program - b->gate->programs),
		.host = mem_string(last->host ? last->host : ""),
		.build_id = snapshot_build_id(last),
		.version = mem_string(last->version ? last->version : ""),
		.is_inconclusive = is_inconclusive,
	};
	run->arguments = mem_zeroed(last->argument_count + 1, sizeof(char *));
	for (uint64_t i = 1; i < last->argument_count; i++)
		run->arguments[run->argument_count++] = mem_string(last->arguments[i]);
}

static bool judge_run(struct building *b, const struct recorded_process *process)
{
	struct blame blame = {0};
	struct diagnosis_options options = {b->policy->warmup, -1, &blame};
	struct series *series = recorded_load(b->policy->command, process, RUN_WORKING);
	struct diagnosis *diagnosis;
	struct gate_program *program;
	char *executable;

	if (!series)
		return false;
	executable = run_dir_program(process->path, NULL);
	profile_context_renew(b->collector.context);
	diagnosis = diagnosis_new(series, b->collector.context, &options);
	program = program_of(b, executable);
	program->runs++;
	program->live_bytes += series->snapshots[series->count - 1]->process.live_bytes;
	program->recorder_first += series->snapshots[0]->process.overhead_bytes;
	program->recorder_last += series->snapshots[series->count - 1]->process.overhead_bytes;
	if (diagnosis->verdict == DIAGNOSIS_INCONCLUSIVE) {
		program->inconclusive++;
		note_reason(b->policy, program, diagnosis);
		program->idle += diagnosis->idle;
		program->cut_short += diagnosis->cut_short;
	}
	add_run(b, process->path, program, series->snapshots[series->count - 1],
		diagnosis->verdict == DIAGNOSIS_INCONCLUSIVE);
	whole_add(&b->whole, process->path, series, diagnosis);
	gate_collect_findings(&b->collector, executable, diagnosis);
	note_children(b, executable, series->snapshots[series->count - 1]);
	gate_collect_budget(&b->collector, executable, series);
	diagnosis_free(diagnosis);
	series_free(series);
	free(executable);
	return true;
}

static int compare_findings(const void *a, const void *b)
{
	const struct gate_finding *x = a, *y = b;

	if (!x->excused != !y->excused)
		return x->excused ? 1 : -1;
	if (x->bytes_per_second != y->bytes_per_second)
		return x->bytes_per_second < y->bytes_per_second ? 1 : -1;
	return strcmp(x->fingerprint, y->fingerprint);
}

static void add_unrecorded(struct building *b, const struct unrecorded *unrecorded)
{
	struct gate_program *program = program_of(b, unrecorded->program);

	program->runs++;
	program->inconclusive++;
	program->unrecorded++;
	free(program->reason);
	program->reason = mem_format("process %u could not be recorded: %s", unrecorded->pid,
				     unrecorded->cause);
	b->whole.unrecorded++;
}

/* Returns true if too few processes could be judged: of each program at least half of those that
 * worked must be, and at least one process in all. */
static bool is_inconclusive(struct building *b)
{
	bool inconclusive = false;
	char *remedy;

	for (size_t i = 0; i < b->gate->program_count; i++) {
		struct gate_program *program = &b->gate->programs[i];
		uint64_t judged = program->runs - program->inconclusive;

		program->proves_nothing =
			program->unrecorded || program->cut_short ||
			program->inconclusive - program->idle - program->brief > judged;
		inconclusive = inconclusive || program->proves_nothing;
	}
	if (!inconclusive && whole_verdict(&b->whole) != DIAGNOSIS_INCONCLUSIVE)
		return false;
	for (size_t i = 0; i < b->gate->program_count && !inconclusive; i++) /* all were idle */
		b->gate->programs[i].proves_nothing = true;
	if (b->whole.life_count + b->whole.unrecorded > 1)
		add_note(b, whole_sentence(&b->whole));
	remedy = whole_remedy(&b->whole);
	if (remedy)
		add_note(b, remedy);
	return true;
}

static void conclude(struct building *b)
{
	struct gate *gate = b->gate;

	whole_settle(&b->whole);
	for (size_t i = 0; i < gate->run_count; i++)
		gate->programs[gate->runs[i].program].brief += b->whole.lives[i].brief;
	if (gate->finding_count)
		qsort(gate->findings, gate->finding_count, sizeof *gate->findings,
		      compare_findings);
	for (size_t i = 0; i < b->policy->suppressions.count; i++) {
		const struct suppression *suppression = &b->policy->suppressions.list[i];

		if (!suppression->used)
			add_note(b, mem_format("%s:%u: suppression \"%s\" matches nothing",
					       suppression->file, suppression->line,
					       suppression->name));
	}
	for (size_t i = 0; i < b->policy->baseline.count; i++) {
		const struct baseline_entry *entry = &b->policy->baseline.entries[i];

		if (!entry->found)
			add_note(b, mem_format("the baseline's %s %s is no longer found; "
					       "--prune-baseline drops it",
					       entry->fingerprint, entry->text));
	}
	if (gate->finding_count && !gate->findings[0].excused) {
		gate->status = 1;
		return;
	}
	if (is_inconclusive(b) && !b->policy->allow_inconclusive)
		gate->status = 3;
}

struct gate *gate_new(struct policy *policy, char **operands)
{
	struct building b = {.gate = mem_zeroed(1, sizeof *b.gate), .policy = policy};
	bool good = true;

	b.gate->command = policy->command;
	b.gate->words = policy->words;
	b.collector = (struct gate_collector){b.gate, policy, profile_context_new(), 0};
	for (; good && *operands; operands++) {
		struct recorded_list list;

		good = recorded_find_runs(policy->command, *operands, &list);
		if (!good)
			break;
		for (size_t i = 0; i < list.count && good; i++)
			good = judge_run(&b, &list.list[i]);
		for (size_t i = 0; i < list.unrecorded.count && good; i++)
			add_unrecorded(&b, &list.unrecorded.list[i]);
		recorded_list_free(&list);
	}
	profile_context_free(b.collector.context);
	conclude(&b);
	whole_free(&b.whole);
	if (good)
		return b.gate;
	gate_free(b.gate);
	return NULL;
}

static void free_run(struct gate_run *run)
{
	for (size_t i = 0; i < run->argument_count; i++)
		free(run->arguments[i]);
	free(run->arguments);
	free(run->path);
	free(run->host);
	free(run->build_id);
	free(run->version);
}

void gate_free(struct gate *gate)
{
	if (!gate)
		return;
	for (size_t i = 0; i < gate->finding_count; i++)
		gate_finding_free(gate->words, &gate->findings[i]);
	for (size_t i = 0; i < gate->program_count; i++) {
		free(gate->programs[i].executable);
		free(gate->programs[i].reason);
	}
	for (size_t i = 0; i < gate->run_count; i++)
		free_run(&gate->runs[i]);
	free(gate->runs);
	for (size_t i = 0; i < gate->note_count; i++)
		free(gate->notes[i]);
	free(gate->findings);
	free(gate->programs);
	free(gate->notes);
	free(gate);
}

const char *gate_verdict(const struct gate *gate)
{
	static const char *const verdicts[] = {"clean", "leaking", "error", "inconclusive"};

	return verdicts[gate->status];
}
