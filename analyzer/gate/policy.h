/*
 * What fails a gate: the policy that options, a configuration file and a baseline make.
 * Must not: read files.
 */
#ifndef SILT_GATE_POLICY_H
#define SILT_GATE_POLICY_H

#include <stdbool.h>
#include <stdio.h>

#include "gate/baseline.h"
#include "gate/suppressions.h"

struct account;
struct diagnosis;
struct finding;
struct profile_site;

/* Composes the text of findings: render/account.h, which a gate must not include. */
struct gate_words {
	struct account *(*finding)(const struct diagnosis *diagnosis,
				   struct profile_context *context, const struct finding *finding,
				   const char *unit);
	/* composes the text of a failure that is not a finding of a diagnosis */
	struct account *(*plain)(const char *kind, const char *headline, const char *advice);
	void (*free)(struct account *account);
};

struct policy {
	/* the command in whose name errors are printed */
	const char *command;
	const struct gate_words *words;
	/* in seconds; below 0: found automatically */
	double warmup;
	/* kinds that fail, separated by commas; NULL: all */
	char *fail_on;
	/* bytes per second */
	double min_rate;
	/* growth in bytes */
	double min_bytes;
	double min_confidence;
	/* growth in bytes of the live heap of one process after the warm-up; 0: no limit */
	double max_growth;
	bool allow_inconclusive;
	struct suppressions suppressions;
	/* "lsan" or "valgrind": write a suppression for each failing finding to `generated`;
	 * NULL: write none */
	const char *generate;
	FILE *generated;
	struct baseline baseline;
};

struct gate_finding;
/* Returns why a finding does not fail the gate, which the caller frees; NULL: it fails. `site`:
 * its heaviest call site; NULL: none. */
char *policy_excuse(struct policy *policy, const struct gate_finding *finding,
		    const struct profile_site *site);

#endif
