/*
 * What `silt report` shows: what leaks in a run, what kind of leak it is, who holds it, and how
 * sure that is.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_REPORT_VIEW_H
#define SILT_RENDER_REPORT_VIEW_H

#include "diagnose/finding.h"
#include "diagnose/ranking.h"
#include "model/recorded.h"
#include "render/choices.h"

struct json;
struct profile_context;
struct series;

struct report_view {
	const struct options *options;
	/* what a unit of work is called */
	const char *unit;
	/* all figures */
	bool verbose;
};

/* One process on standard output; as JSON (silt.report/1) among those of report_json_begin(), or
 * alone where `out` is NULL. `path` is the run's. */
void report_text(const struct report_view *view, const struct series *series,
		 const struct diagnosis *diagnosis, struct profile_context *context);
void report_json(struct json *out, const struct report_view *view, const char *path,
		 const struct series *series, const struct diagnosis *diagnosis,
		 struct profile_context *context);

/* Several processes, a line each, on standard output. */
void report_text_ranking(const struct recorded_list *list, const struct ranking *ranking);
/* What comes before and after the reports of several processes (silt.reports/1), on standard
 * output. The end frees what the beginning made. */
struct json *report_json_begin(const struct ranking *ranking);
void report_json_end(struct json *json, const struct recorded_list *list);

/* "clean", "leaking", "inconclusive" */
const char *report_verdict_name(enum diagnosis_verdict verdict);

#endif
