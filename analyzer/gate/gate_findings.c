/* Collects the findings of a gate's processes: see gate_findings.h. */
#include "gate/gate_findings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "gate/gate.h"
#include "gate/policy.h"
#include "gate/suppressions.h"
#include "load/snapshot.h"
#include "model/fingerprint.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_assert.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"

static struct gate_finding *same_finding(struct gate_collector *c,
					 const struct gate_finding *finding)
{
	for (size_t i = 0; i < c->gate->finding_count; i++) {
		struct gate_finding *other = &c->gate->findings[i];

		if (strcmp(other->fingerprint, finding->fingerprint) == 0 &&
		    strcmp(other->kind, finding->kind) == 0 &&
		    strcmp(other->executable, finding->executable) == 0)
			return other;
	}
	return NULL;
}

void gate_finding_free(const struct gate_words *words, struct gate_finding *finding)
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
static void add_finding(struct gate_collector *c, struct gate_finding *finding)
{
	struct gate_finding *same = same_finding(c, finding);

	if (!same) {
		MEM_GROW(c->gate->findings, c->gate->finding_count, c->finding_capacity);
		same = &c->gate->findings[c->gate->finding_count++];
		*same = *finding;
		add_run_to(same, c->gate->run_count - 1);
		return;
	}
	add_run_to(same, c->gate->run_count - 1);
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
	gate_finding_free(c->gate->words, finding);
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

static void take_finding(struct gate_collector *c, const char *executable,
			 const struct diagnosis *diagnosis, const struct finding *finding)
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
		.account = c->policy->words->finding(diagnosis, c->context, finding, NULL),
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
	out.excused = policy_excuse(c->policy, &out, site);
	if (!out.excused && c->policy->generate && site)
		suppressions_write(c->policy->generated, site,
				   strcmp(c->policy->generate, "valgrind") == 0, out.kind);
	add_finding(c, &out);
}

void gate_collect_findings(struct gate_collector *c, const char *executable,
			   const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		take_finding(c, executable, diagnosis, diagnosis->findings[i]);
}

void gate_collect_budget(struct gate_collector *c, const char *executable,
			 const struct series *series)
{
	size_t end = series_usable(series, 2),
	       first = growth_start(series->seconds, end, c->policy->warmup);
	const struct silt_process *last = &series->snapshots[end - 1]->process;
	double growth =
		(double)last->live_bytes - (double)series->snapshots[first]->process.live_bytes;
	struct gate_finding out = {0};
	char grown[SIZE_TEXT], limit[SIZE_TEXT], *headline;

	if (c->policy->max_growth <= 0 || growth <= c->policy->max_growth)
		return;
	headline = mem_format("the live heap grew by %s after the warm-up, --max-growth is %s",
			      size_format(grown, growth, false),
			      size_format(limit, c->policy->max_growth, false));
	out = (struct gate_finding){
		.executable = mem_string(executable),
		.kind = "growing",
		.account = c->policy->words->plain("growing", headline,
						   "`silt diff RUN` shows which call sites grew."),
		.confidence = 1,
		.growth_bytes = growth,
		.live_bytes = last->live_bytes,
		.processes = 1,
	};
	free(headline);
	fingerprint_site(out.fingerprint, executable, "max-growth", NULL);
	add_finding(c, &out);
}
