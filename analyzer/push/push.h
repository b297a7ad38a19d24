/*
 * Sending profiles to an engine for continuous profiling: send.c has which snapshots and how often,
 * engines.c how an engine wants them, sent.h what was sent before.
 * Must not: know the options of a command line.
 */
#ifndef SILT_PUSH_PUSH_H
#define SILT_PUSH_PUSH_H

#include "model/filter.h"
#include "model/stacks.h"
#include "util/http.h"

struct blame;

enum push_engine { PUSH_PYROSCOPE, PUSH_PARCA, PUSH_ENGINES };

struct push_label {
	char *name, *value;
};

struct push_target {
	enum push_engine engine;
	/* of the server, without the engine's path */
	const char *url;
	const char *application;
	const struct push_label *labels;
	size_t label_count;
};

/* Is a label as the engine can take it? NULL, or what is wrong with it. */
const char *push_check_label(enum push_engine engine, const char *name, const char *value);

/* Likewise of what the profiles are of. */
const char *push_check_application(enum push_engine engine, const char *name);

/* The URL as it may be shown: without a user's name and password; to be freed. */
char *push_shown_url(const char *url);

/* One attempt (nothing is printed) to send a snapshot; `old` of the stacks is the one before it,
 * if there is one. */
void push_profile(struct http *http, const struct push_target *target, const struct stacks *stacks,
		  struct http_answer *answer);

struct push_request {
	const struct blame *blame;
	/* of call stacks */
	const struct filter_list *filters;
	struct http_options http;
	/* without what depends on the run */
	struct push_target target;
	struct push_label *labels;
	size_t label_count, label_capacity;
	uint64_t retries, backoff_ns;
	bool new_only;
};

/* False after printing what is wrong with it: labels, names, files that cannot be read. */
bool push_check_request(const struct push_request *request);
/* Sends what the operands, after the URL, name; says what was sent, and what went wrong. The exit
 * status. */
int push_all(const struct push_request *request, char **operands);

/* Frees the labels and their array. */
void push_free_labels(struct push_label *labels, size_t count);

#endif
