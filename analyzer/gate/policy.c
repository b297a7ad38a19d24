/* Decides what fails a gate: see policy.h. */
#include "gate/policy.h"

#include <string.h>

#include "diagnose/finding.h"
#include "gate/gate.h"
#include "model/profile.h"
#include "util/mem.h"

static bool kind_fails(const struct policy *policy, const char *kind)
{
	size_t length = strlen(kind);

	for (const char *at = policy->fail_on; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && strncmp(at, kind, length) == 0)
			return true;
	return !policy->fail_on;
}

/* a finding of the baseline may grow faster by this factor, because rates vary from run to run */
#define TOLERANCE 1.5

static char *by_baseline(struct policy *policy, const struct gate_finding *finding)
{
	struct baseline_entry *entry = baseline_find(&policy->baseline, finding->fingerprint);

	for (size_t i = 0; i < GATE_ALTERNATES && !entry; i++)
		if (*finding->alternates[i])
			entry = baseline_find(&policy->baseline, finding->alternates[i]);
	if (!entry)
		return NULL;
	entry->found = true;
	return finding->bytes_per_second <= TOLERANCE * entry->bytes_per_second
		       ? mem_string("in the baseline")
		       : NULL;
}

char *policy_excuse(struct policy *policy, const struct gate_finding *finding,
		    const struct profile_site *site)
{
	struct suppression *suppression =
		site ? suppressions_find(&policy->suppressions, site) : NULL;

	if (suppression)
		return mem_format("suppressed by \"%s\", %s:%u", suppression->name,
				  suppression->file, suppression->line);
	if (!kind_fails(policy, finding->kind))
		return mem_string("--fail-on does not name its kind");
	if (finding->confidence <
	    (policy->min_confidence > 0 ? policy->min_confidence : DIAGNOSIS_SURE))
		return mem_format("confidence %.2f is below --min-confidence", finding->confidence);
	if (policy->min_rate > 0 && finding->bytes_per_second < policy->min_rate)
		return mem_string("slower than --min-rate");
	if (policy->min_bytes > 0 && finding->growth_bytes < policy->min_bytes)
		return mem_string("grew by less than --min-bytes");
	return by_baseline(policy, finding);
}
