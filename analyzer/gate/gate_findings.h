/*
 * Collects the findings of a gate's processes. The same finding of several processes becomes one.
 * Must not: load processes, decide the gate's status.
 */
#ifndef SILT_GATE_GATE_FINDINGS_H
#define SILT_GATE_GATE_FINDINGS_H

#include <stddef.h>

struct diagnosis;
struct gate;
struct gate_finding;
struct gate_words;
struct policy;
struct profile_context;
struct series;

/* Adds to gate->findings. The last run of the gate is the process that the findings are of. */
struct gate_collector {
	struct gate *gate;
	struct policy *policy;
	struct profile_context *context;
	size_t finding_capacity;
};

/* Adds the findings of a diagnosis; the policy may excuse them. */
void gate_collect_findings(struct gate_collector *c, const char *executable,
			   const struct diagnosis *diagnosis);
/* Adds a finding if the whole heap grew by more than --max-growth, whatever its parts do. */
void gate_collect_budget(struct gate_collector *c, const char *executable,
			 const struct series *series);
/* Frees what the finding owns, but not the finding. */
void gate_finding_free(const struct gate_words *words, struct gate_finding *finding);

#endif
