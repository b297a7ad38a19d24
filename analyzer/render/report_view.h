/*
 * Output of `silt report`: what leaks in a run, what kind of leak it is, who holds it, and with
 * which confidence.
 * Must not: apply a rule of diagnosis.
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
	/* the name of a unit of work */
	const char *unit;
	/* print all figures */
	bool verbose;
};

/* Print the report of one process on standard output. report_json() writes silt.report/1, within
 * the document of report_json_begin(), or alone if `out` is NULL. `path`: the run directory. */
void report_text(const struct report_view *view, const struct series *series,
		 const struct diagnosis *diagnosis, struct profile_context *context);
void report_json(struct json *out, const struct report_view *view, const char *path,
		 const struct series *series, const struct diagnosis *diagnosis,
		 struct profile_context *context);

/* Prints several processes on standard output, a line each. */
void report_text_ranking(const struct recorded_list *list, const struct ranking *ranking);
/* Write what comes before and after the reports of several processes (silt.reports/1) on
 * standard output. report_json_end() frees what report_json_begin() returned. */
struct json *report_json_begin(const struct ranking *ranking);
void report_json_end(struct json *json, const struct recorded_list *list);

/* Returns "clean", "leaking" or "inconclusive". */
const char *report_verdict_name(enum diagnosis_verdict verdict);

#endif
