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

/* Who composes what a finding says: render/account.h, which a gate does not know. */
struct gate_words {
	struct account *(*finding)(const struct diagnosis *diagnosis,
				   struct profile_context *context, const struct finding *finding,
				   const char *unit);
	/* something that is wrong but no finding of a diagnosis */
	struct account *(*plain)(const char *kind, const char *headline, const char *advice);
	void (*free)(struct account *account);
};

struct policy {
	/* in whose name errors are printed */
	const char *command;
	const struct gate_words *words;
	/* seconds; below 0: found by itself */
	double warmup;
	/* kinds, separated by commas; NULL: all */
	char *fail_on;
	/* bytes per second */
	double min_rate;
	/* of growth */
	double min_bytes;
	double min_confidence;
	/* bytes of live heap after the warm-up, in one process; 0: no limit */
	double max_growth;
	bool allow_inconclusive;
	struct suppressions suppressions;
	/* "lsan" or "valgrind": suppressions of what fails go to `generated`; NULL */
	const char *generate;
	FILE *generated;
	struct baseline baseline;
};

struct gate_finding;
/* Why a finding, whose heaviest call site is `site` (NULL: it has none), does not fail the gate,
 * to be freed; NULL: it does. */
char *policy_excuse(struct policy *policy, const struct gate_finding *finding,
		    const struct profile_site *site);

#endif
