/* Judges many processes under a policy: see gate.h. */
#include "gate/gate.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/whole.h"
#include "gate/baseline.h"
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
#include "util/size.h"
#include "util/utf8.h"

struct building {
	struct gate *gate;
	struct policy *policy;
	size_t finding_capacity, program_capacity, note_capacity, run_capacity;
	struct whole whole;
	/* symbols are read once for all processes */
	struct profile_context *context;
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

/* -- findings -- */

static struct gate_finding *same_finding(struct building *b, const struct gate_finding *finding)
{
	for (size_t i = 0; i < b->gate->finding_count; i++) {
		struct gate_finding *other = &b->gate->findings[i];

		if (strcmp(other->fingerprint, finding->fingerprint) == 0 &&
		    strcmp(other->kind, finding->kind) == 0 &&
		    strcmp(other->executable, finding->executable) == 0)
			return other;
	}
	return NULL;
}

static void free_finding(const struct gate_words *words, struct gate_finding *finding)
{
	free(finding->executable);
	free(finding->function);
	free(finding->runs);
	words->free(finding->account);
	free(finding->excused);
}

/* Records that the run that is being judged has the finding. */
static void add_run_to(struct gate_finding *finding, size_t run)
{
	if (finding->run_count && finding->runs[finding->run_count - 1] == run)
		return;
	MEM_GROW(finding->runs, finding->run_count, finding->run_capacity);
	finding->runs[finding->run_count++] = run;
}

/* Merges the finding into the same finding of another process, or adds it. Takes ownership. */
static void add_finding(struct building *b, struct gate_finding *finding)
{
	struct gate_finding *same = same_finding(b, finding);

	if (!same) {
		MEM_GROW(b->gate->findings, b->gate->finding_count, b->finding_capacity);
		same = &b->gate->findings[b->gate->finding_count++];
		*same = *finding;
		add_run_to(same, b->gate->run_count - 1);
		return;
	}
	add_run_to(same, b->gate->run_count - 1);
	same->processes += finding->processes;
	same->growth_bytes += finding->growth_bytes;
	same->bytes_per_second += finding->bytes_per_second;
	same->live_bytes += finding->live_bytes;
	if (finding->fastest > same->fastest)
		same->fastest = finding->fastest;
	if (finding->confidence > same->confidence)
		same->confidence = finding->confidence;
	if (!finding->excused) { /* one process that fails is enough */
		free(same->excused);
		same->excused = NULL;
	}
	free_finding(b->gate->words, finding);
}

/* Returns what distinguishes findings of the same call site, which the caller frees. In a
 * stripped program a thread is named by its module, because addresses change with every build. */
static char *name_of(const struct diagnosis *diagnosis, const struct finding *finding,
		     const char *kind)
{
	const char *start;
	char *place, *name, *plus;

	if (finding->of_mappings)
		return mem_format("%s mapped", kind);
	if (finding->mapping)
		return mem_format("%s %s", kind, finding->mapping->name);
	if (!finding->thread)
		return mem_string(kind);
	start = holders_thread_start(diagnosis_holders(diagnosis), finding->thread);
	place = start ? mem_string(start)
		      : holders_thread_start_text(diagnosis_holders(diagnosis), finding->thread);
	plus = start ? NULL : strrchr(place, '+');
	if (plus)
		*plus = 0;
	name = mem_format("%s %s", kind, place);
	free(place);
	return name;
}

/* A run without a heap graph, or with too few, has the kind `growing` where another run has a
 * specific kind for the same call site. Notes the fingerprints with the other kinds, so that a
 * baseline of either run matches. */
static void take_alternates(struct gate_finding *out, const struct diagnosis *diagnosis,
			    const struct finding *finding, const struct profile_site *site)
{
	static const enum finding_kind of_growth[GATE_ALTERNATES] = {
		FINDING_GROWING_CACHE, FINDING_LISTENER_LEAK, FINDING_CAPTURED};

	for (size_t i = 0; i < GATE_ALTERNATES; i++) {
		bool grows = finding->kind == FINDING_GROWING;
		char *name;

		if (!grows && finding->kind != of_growth[i])
			continue;
		name = name_of(diagnosis, finding,
			       finding_kind_name(grows ? of_growth[i] : FINDING_GROWING));
		fingerprint_site(out->alternates[i], out->executable, name, site);
		free(name);
	}
}

static void take_finding(struct building *b, const char *executable,
			 const struct diagnosis *diagnosis, struct profile_context *context,
			 const struct finding *finding)
{
	const struct profile_site *site = finding->site_count ? finding->sites[0].profile : NULL;
	const char *function = site ? site->frames[site->blamed]->function : NULL;
	struct gate_finding out;
	char *name;

	SILT_ASSERT(finding->confidence >= 0 && finding->confidence <= 1);
	SILT_ASSERT(!site || site->blamed < site->frame_count);
	out = (struct gate_finding){
		.executable = mem_string(executable),
		.kind = finding_kind_name(finding->kind),
		.function = function ? mem_string(function) : NULL,
		.account = b->policy->words->finding(diagnosis, context, finding, NULL),
		.confidence = finding->confidence,
		.growth_bytes = finding->growth_bytes,
		.bytes_per_second = finding->bytes_per_second,
		.fastest = finding->bytes_per_second,
		.live_bytes = finding->live_bytes,
		.processes = 1,
	};
	name = name_of(diagnosis, finding, out.kind);
	fingerprint_site(out.fingerprint, executable, name, site);
	free(name);
	take_alternates(&out, diagnosis, finding, site);
	out.excused = policy_excuse(b->policy, &out, site);
	if (!out.excused && b->policy->generate && site)
		suppressions_write(b->policy->generated, site,
				   strcmp(b->policy->generate, "valgrind") == 0, out.kind);
	add_finding(b, &out);
}

/* --max-growth limits the growth of the whole heap, whatever its findings. */
static void check_budget(struct building *b, const char *executable, const struct series *series)
{
	size_t end = series_usable(series, 2),
	       first = growth_start(series->seconds, end, b->policy->warmup);
	const struct silt_process *last = &series->snapshots[end - 1]->process;
	double growth =
		(double)last->live_bytes - (double)series->snapshots[first]->process.live_bytes;
	struct gate_finding out = {0};
	char grown[SIZE_TEXT], limit[SIZE_TEXT], *headline;

	if (b->policy->max_growth <= 0 || growth <= b->policy->max_growth)
		return;
	headline = mem_format("the live heap grew by %s after the warm-up, --max-growth is %s",
			      size_format(grown, growth, false),
			      size_format(limit, b->policy->max_growth, false));
	out = (struct gate_finding){
		.executable = mem_string(executable),
		.kind = "growing",
		.account = b->policy->words->plain(
			"growing", headline,
			"`silt diff RUN` shows which call sites it comes from."),
		.confidence = 1,
		.growth_bytes = growth,
		.live_bytes = last->live_bytes,
		.processes = 1,
	};
	free(headline);
	fingerprint_site(out.fingerprint, executable, "max-growth", NULL);
	add_finding(b, &out);
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
					      "The soak did not go as planned: see to that first."),
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

/* Returns NAME of a run directory NAME.PID or NAME.PID.N, which the caller frees. It is the name
 * under which the program was started; one file may be several programs. */
static char *program_name(const char *run)
{
	char *name = mem_string(base_name(run));
	char *end = name + strlen(name);

	end -= end > name && end[-1] == '/';
	for (int numbers = 0; numbers < 2; numbers++) {
		char *dot = end;

		while (dot > name && isdigit((unsigned char)dot[-1]))
			dot--;
		if (dot == end || dot - 1 <= name || dot[-1] != '.')
			break;
		end = dot - 1;
	}
	*end = 0;
	return name;
}

static void note_children(struct building *b, const char *executable, const struct snapshot *last)
{
	char *text = doubt_of_children(last);

	if (text)
		add_note(b, mem_format("%s: %s", executable, text));
	free(text);
}

/* Keeps the reason of the last inconclusive process, but prefers a process that was cut short to
 * others, and an idle one to none. */
static void note_reason(struct gate_program *program, const struct diagnosis *diagnosis)
{
	const char *reason = diagnosis_reason(diagnosis);

	if (diagnosis->count && !diagnosis->cut_short)
		reason = "what grows may be a cache that is still being filled: let it run longer";
	if (program->reason && (diagnosis->idle || (program->cut_short && !diagnosis->cut_short)))
		return;
	free(program->reason);
	program->reason = mem_string(reason ? reason : "too short");
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
	executable = program_name(process->path);
	profile_context_renew(b->context);
	diagnosis = diagnosis_new(series, b->context, &options);
	program = program_of(b, executable);
	program->runs++;
	program->live_bytes += series->snapshots[series->count - 1]->process.live_bytes;
	program->recorder_first += series->snapshots[0]->process.overhead_bytes;
	program->recorder_last += series->snapshots[series->count - 1]->process.overhead_bytes;
	if (diagnosis->verdict == DIAGNOSIS_INCONCLUSIVE) {
		program->inconclusive++;
		note_reason(program, diagnosis);
		program->idle += diagnosis->idle;
		program->cut_short += diagnosis->cut_short;
	}
	add_run(b, process->path, program, series->snapshots[series->count - 1],
		diagnosis->verdict == DIAGNOSIS_INCONCLUSIVE);
	whole_add(&b->whole, diagnosis);
	for (size_t i = 0; i < diagnosis->count; i++)
		take_finding(b, executable, diagnosis, b->context, diagnosis->findings[i]);
	note_children(b, executable, series->snapshots[series->count - 1]);
	check_budget(b, executable, series);
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

	for (size_t i = 0; i < b->gate->program_count; i++) {
		struct gate_program *program = &b->gate->programs[i];
		uint64_t judged = program->runs - program->inconclusive;

		program->proves_nothing = program->unrecorded || program->cut_short ||
					  program->inconclusive - program->idle > judged;
		inconclusive = inconclusive || program->proves_nothing;
	}
	if (!inconclusive && whole_verdict(&b->whole) != DIAGNOSIS_INCONCLUSIVE)
		return false;
	for (size_t i = 0; i < b->gate->program_count && !inconclusive; i++) /* all were idle */
		b->gate->programs[i].proves_nothing = true;
	if (b->whole.clean + b->whole.inconclusive + b->whole.idle + b->whole.unrecorded > 1)
		add_note(b, whole_sentence(&b->whole));
	return true;
}

static void conclude(struct building *b)
{
	struct gate *gate = b->gate;

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
	b.context = profile_context_new();
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
	profile_context_free(b.context);
	conclude(&b);
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
		free_finding(gate->words, &gate->findings[i]);
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
