/*
 * Sends profiles to an engine for continuous profiling: send.c chooses snapshots, engines.c makes
 * an engine's request, sent.h records what was sent before. collector.c sends metrics to an
 * OpenTelemetry collector. attempts.h repeats requests.
 * Must not: know the options of a command line.
 */
#ifndef SILT_PUSH_PUSH_H
#define SILT_PUSH_PUSH_H

#include "model/filter.h"
#include "model/stacks.h"
#include "util/http.h"

struct blame;

enum push_engine { PUSH_PYROSCOPE, PUSH_PARCA, PUSH_OTLP, PUSH_ENGINES };

struct push_label {
	char *name, *value;
};

struct push_target {
	enum push_engine engine;
	/* base URL of the server, without the engine's path */
	const char *url;
	const char *application;
	const struct push_label *labels;
	size_t label_count;
};

/* Returns NULL if the engine accepts the label, else what is wrong with it. */
const char *push_check_label(enum push_engine engine, const char *name, const char *value);

/* Returns the same for an application name. */
const char *push_check_application(enum push_engine engine, const char *name);

/* Returns the URL without user name and password; the caller frees it. */
char *push_shown_url(const char *url);

/* Returns the URL with the engine's path, which the user may give or leave out; the caller frees
 * it. */
char *push_url(const char *url, const char *path);

/* Makes one attempt to send a snapshot, without printing. `stacks->old` is the snapshot before
 * it, if there is one. */
void push_profile(struct http *http, const struct push_target *target, const struct stacks *stacks,
		  struct http_answer *answer);

struct push_request {
	const struct blame *blame;
	/* filters of call stacks */
	const struct filter_list *filters;
	struct http_options http;
	/* without what depends on the run */
	struct push_target target;
	struct push_label *labels;
	size_t label_count, label_capacity;
	uint64_t retries, backoff_ns;
	bool new_only;
};

/* Returns false after printing an error: labels, names, files that cannot be read. */
bool push_check_request(const struct push_request *request);
/* Sends the snapshots and runs that the operands after the URL name; prints what was sent, and
 * errors. Returns the exit status. */
int push_all(const struct push_request *request, char **operands);

struct push_metrics {
	/* the run or directory, for messages */
	const char *path;
	/* an ExportMetricsServiceRequest with the metrics of `processes` processes */
	const unsigned char *data;
	size_t size, processes;
};

/* Sends metrics to a collector by OTLP/HTTP; prints what was sent, and errors. Returns the exit
 * status. */
int push_metrics(const struct push_request *request, const struct push_metrics *list, size_t count);

/* Frees the labels and their array. */
void push_free_labels(struct push_label *labels, size_t count);

#endif
