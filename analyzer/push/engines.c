/*
 * Makes the requests of engines for continuous profiling: see push.h.
 *   Pyroscope  POST /ingest?name=app{k=v}&from=UNIX&until=UNIX: a form with `profile` and
 *              `sample_type_config`. (format=pprof would mean that the body is the profile itself:
 *              pkg/ingester/pyroscope/ingest_handler.go.) Allocations are sent by interval, because
 *              Pyroscope adds up what it gets; live figures are averaged.
 *   Parca      POST /profiles/writeraw, JSON: series of labels, and profiles in base64. A profile is
 *              a state: allocations count from the start of the process, as in the profiles that
 *              Parca fetches from Go programs.
 * Must not: try again, print.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/stacks.h"
#include "push/push.h"
#include "render/exports.h"
#include "render/json.h"
#include "silt_snapshot.h"
#include "util/base64.h"
#include "util/http.h"
#include "util/mem.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

const char *push_check_label(enum push_engine engine, const char *name, const char *value)
{
	if (engine == PUSH_OTLP)
		return *name && !name[strspn(name, LETTERS DIGITS ".-")] && !has_control(value)
			       ? NULL
			       : "the name of an attribute is made of letters, digits and _ . -, "
				 "and its value has no control characters";
	if (strspn(name, LETTERS) == 0 || name[strspn(name, LETTERS DIGITS)] ||
	    strncmp(name, "__", 2) == 0)
		return "the name of a label is made of letters, digits and _, and does not begin "
		       "with a digit or __";
	if (engine == PUSH_PYROSCOPE && strpbrk(value, "{},="))
		return "Pyroscope's labels cannot hold { } , or =";
	return has_control(value) ? "a label cannot hold control characters" : NULL;
}

const char *push_check_application(enum push_engine engine, const char *name)
{
	if (engine == PUSH_PYROSCOPE && (!*name || name[strspn(name, LETTERS DIGITS "-./")]))
		return "an application in Pyroscope has letters, digits and _ - . / in its name";
	return !*name || has_control(name) ? "a name cannot be empty, nor hold control characters"
					   : NULL;
}

char *push_shown_url(const char *url)
{
	const char *host = strstr(url, "://"), *at, *end;

	if (!host)
		return mem_string(url);
	host += 3;
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	return at ? mem_format("%.*s%s", (int)(host - url), url, at + 1) : mem_string(url);
}

char *push_url(const char *url, const char *path)
{
	size_t length = strlen(url), tail = strlen(path);

	while (length && url[length - 1] == '/')
		length--;
	if (length >= tail && strncmp(url + length - tail, path, tail) == 0)
		length -= tail;
	return mem_format("%.*s%s", (int)length, url, path);
}

/* -- Pyroscope -- */

static char *application_with_labels(const struct push_target *target)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		abort();
	fputs(target->application, file);
	for (size_t i = 0; i < target->label_count; i++)
		fprintf(file, "%c%s=%s", i ? ',' : '{', target->labels[i].name,
			target->labels[i].value);
	if (target->label_count)
		fputc('}', file);
	fclose(file);
	return text;
}

static void push_to_pyroscope(struct http *http, const struct push_target *target,
			      const struct stacks *stacks, struct http_answer *answer)
{
	static const char types[] =
		"{\"alloc_objects\":{\"units\":\"objects\",\"aggregation\":\"sum\"},\"alloc_"
		"space\":{\"units\":\"bytes\",\"aggregation\":\"sum\"},\"inuse_objects\":{"
		"\"units\":\"objects\",\"aggregation\":\"average\"},\"inuse_space\":{\"units\":"
		"\"bytes\",\"aggregation\":\"average\"}}";
	const struct silt_process *process = &stacks->new->snapshot->process;
	uint64_t from = (stacks->old ? stacks->old->snapshot->process.time_unix_ns
				     : process->start_unix_ns) /
			1000000000u;
	uint64_t until = process->time_unix_ns / 1000000000u;
	char *name = application_with_labels(target), *escaped = http_escape(http, name),
	     *base = push_url(target->url, "/ingest"), *url;
	size_t size;
	unsigned char *profile = pprof_encode(stacks, PPROF_INTERVAL, &size);
	struct http_part parts[] = {
		{"profile", "profile.pprof", "application/octet-stream", profile, size},
		{"sample_type_config", "sample_type_config.json", "application/json", types,
		 strlen(types)}};

	url = mem_format("%s?name=%s&from=%" PRIu64 "&until=%" PRIu64 "&spyName=silt", base,
			 escaped, from, until > from ? until : from + 1);
	http_post_form(http, url, parts, 2, answer);
	free(profile);
	free(url);
	free(base);
	free(escaped);
	free(name);
}

/* -- Parca -- */

static void write_label(struct json *json, const char *name, const char *value)
{
	json_object(json, NULL);
	json_string(json, "name", name);
	json_string(json, "value", value);
	json_end_object(json);
}

static bool has_label(const struct push_target *target, const char *name)
{
	for (size_t i = 0; i < target->label_count; i++)
		if (strcmp(target->labels[i].name, name) == 0)
			return true;
	return false;
}

static char *parca_request(const struct push_target *target, const char *profile, size_t *size)
{
	char *text = NULL;
	struct json json = {.file = open_memstream(&text, size)};

	if (!json.file)
		abort();
	json_object(&json, NULL);
	json_array(&json, "series");
	json_object(&json, NULL);
	json_object(&json, "labels");
	json_array(&json, "labels");
	write_label(&json, "__name__", "memory");
	if (!has_label(target, "job"))
		write_label(&json, "job", target->application);
	for (size_t i = 0; i < target->label_count; i++)
		write_label(&json, target->labels[i].name, target->labels[i].value);
	json_end_array(&json);
	json_end_object(&json);
	json_array(&json, "samples");
	json_object(&json, NULL);
	json_string(&json, "raw_profile", profile);
	json_end_object(&json);
	json_end_array(&json);
	json_end_object(&json);
	json_end_array(&json);
	json_end_object(&json);
	fclose(json.file);
	return text;
}

static void push_to_parca(struct http *http, const struct push_target *target,
			  const struct stacks *stacks, struct http_answer *answer)
{
	char *url = push_url(target->url, "/profiles/writeraw"), *text, *body;
	size_t size;
	unsigned char *profile = pprof_encode(stacks, PPROF_STATE, &size);

	text = base64_encode(profile, size);
	body = parca_request(target, text, &size);
	http_post(http, url, "application/json", body, size, answer);
	free(profile);
	free(text);
	free(body);
	free(url);
}

void push_profile(struct http *http, const struct push_target *target, const struct stacks *stacks,
		  struct http_answer *answer)
{
	if (target->engine == PUSH_PYROSCOPE)
		push_to_pyroscope(http, target, stacks, answer);
	else
		push_to_parca(http, target, stacks, answer);
}
