/*
 * The options of silt push: see push_options.h.
 */
#include "cli/push_options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/usage.h"
#include "serve/otlp.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt push --to pyroscope|parca [options] URL RUN|SNAP...\n"
	"       silt push --to otlp [options] URL RUN|DIR...\n"
	"\n"
	"Sends every snapshot of the runs to a server for continuous profiling, as one profile "
	"each. A\n"
	"directory stands for all runs in it. With otlp, sends verdicts, findings and sizes of the "
	"runs as\n"
	"metrics to a collector of OpenTelemetry, by HTTP.\n"
	"Exit status: 0 all sent, 1 some not sent, 2 wrong usage or unreadable input.\n"
	"\n";

static const char more_help[] =
	"      --to ENGINE      pyroscope, parca or otlp\n"
	"      --label K=V      a label; may be repeated (host and instance, HOST:PID, have values "
	"by default;\n"
	"                       K= leaves one out)\n"
	"      --name APP       the name of the application (default: the name of the program)\n"
	"      --tenant ID      send the header X-Scope-OrgID\n"
	"      --new            send only snapshots that no push --new to this URL has sent yet\n"
	"      --retries N      further attempts when the server is not there or busy (default: "
	"5)\n"
	"      --backoff T      pause before the first further attempt; it doubles each time, to "
	"at most 30s\n"
	"                       (default: 500ms)\n"
	"      --timeout T      for one request (default: 30s)\n"
	"      --ca FILE        certificates to trust instead of the system's\n"
	"      --cert FILE      client certificate\n"
	"      --key FILE       key of the client certificate\n"
	"      --insecure       do not check the certificate of the server\n"
	"                       --by, --cumulative, --sort, --limit and --format have no effect\n";

enum {
	OPT_TO = OPTIONS_FORMAT + 1,
	OPT_LABEL,
	OPT_NAME,
	OPT_TENANT,
	OPT_NEW,
	OPT_RETRIES,
	OPT_BACKOFF,
	OPT_TIMEOUT,
	OPT_CA,
	OPT_CERT,
	OPT_KEY,
	OPT_INSECURE
};

#define SECOND 1000000000u

/* -- options -- */

static int complain(const char *option, const char *value, const char *expected)
{
	utf8_complain("silt push: --%s %s: %s", option, value, expected);
	return 2;
}

static int take_label(struct push_request *request, const char *value)
{
	const char *equal = strchr(value, '=');

	if (!equal)
		return complain("label", value, "expected NAME=VALUE");
	MEM_GROW(request->labels, request->label_count, request->label_capacity);
	request->labels[request->label_count++] = (struct push_label){
		mem_substring(value, (size_t)(equal - value)), mem_string(equal + 1)};
	return -1;
}

static int take_engine(struct push_request *request, const char *value)
{
	static const char *const names[PUSH_ENGINES] = {"pyroscope", "parca", "otlp"};

	for (request->target.engine = 0; request->target.engine < PUSH_ENGINES;
	     request->target.engine++)
		if (strcmp(value, names[request->target.engine]) == 0)
			return -1;
	return complain("to", value, "expected pyroscope, parca or otlp");
}

static int take_time(const char *option, const char *value, uint64_t *ns)
{
	if (parse_duration(value, ns) && *ns >= 1000000 && *ns <= 3600ull * SECOND)
		return -1;
	return complain(option, value, "expected a time from 1ms to 1h, such as 500ms or 30s");
}

static const struct option more_options[] = {
	{"to", required_argument, NULL, OPT_TO},
	{"label", required_argument, NULL, OPT_LABEL},
	{"name", required_argument, NULL, OPT_NAME},
	{"tenant", required_argument, NULL, OPT_TENANT},
	{"new", no_argument, NULL, OPT_NEW},
	{"retries", required_argument, NULL, OPT_RETRIES},
	{"backoff", required_argument, NULL, OPT_BACKOFF},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"ca", required_argument, NULL, OPT_CA},
	{"cert", required_argument, NULL, OPT_CERT},
	{"key", required_argument, NULL, OPT_KEY},
	{"insecure", no_argument, NULL, OPT_INSECURE},
	{NULL, 0, NULL, 0},
};

/* Returns where the value of an option is stored unchanged; NULL: the option is of another sort. */
static const char **text_of(struct push_request *request, int option)
{
	return option == OPT_NAME     ? &request->target.application
	       : option == OPT_TENANT ? &request->http.tenant
	       : option == OPT_CA     ? &request->http.ca
	       : option == OPT_CERT   ? &request->http.certificate
	       : option == OPT_KEY    ? &request->http.key
				      : NULL;
}

static int take(void *argument, int option, const char *value)
{
	struct push_request *request = argument;

	const char **text = text_of(request, option);

	if (text) {
		*text = value;
		return -1;
	}
	switch (option) {
	case OPT_TO:
		return take_engine(request, value);
	case OPT_LABEL:
		return take_label(request, value);
	case OPT_RETRIES:
		if (parse_number(value, &request->retries) && request->retries <= 100)
			return -1;
		return complain("retries", value, "expected a number from 0 to 100");
	case OPT_BACKOFF:
		return take_time("backoff", value, &request->backoff_ns);
	case OPT_TIMEOUT:
		return take_time("timeout", value, &request->http.timeout_ns);
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	request->new_only = request->new_only || option == OPT_NEW;
	request->http.insecure = request->http.insecure || option == OPT_INSECURE;
	return -1;
}

static bool check_operands(const struct push_request *request, char **operands)
{
	if (request->target.engine == PUSH_ENGINES) {
		fputs("silt push: --to is needed: pyroscope, parca or otlp\n", stderr);
		return false;
	}
	if (!usage_operands("silt push", usage, operands, 2, SIZE_MAX,
			    "a URL, and runs or snapshots"))
		return false;
	if (strncasecmp(operands[0], "http://", 7) == 0 ||
	    strncasecmp(operands[0], "https://", 8) == 0)
		return true;
	utf8_complain("silt push: %s: expected a URL with http:// or https://", operands[0]);
	return false;
}

/* Checks what concerns metrics only. */
static bool check_metrics(const struct push_request *request)
{
	const char *wrong;

	if (request->target.engine != PUSH_OTLP)
		return true;
	if (request->new_only) {
		fputs("silt push: --new is for profiles: metrics are those of now\n", stderr);
		return false;
	}
	for (size_t i = 0; i < request->label_count; i++) {
		wrong = otlp_check_attribute(request->labels[i].name);
		if (wrong) {
			complain("label", request->labels[i].name, wrong);
			return false;
		}
	}
	return true;
}

int push_options_read(struct push_options *push, int argc, char **argv)
{
	struct push_request *request = &push->request;
	struct options_more more = {more_options, more_help, take, request};
	int status;

	*push = (struct push_options){.request = {.blame = &push->options.blame,
						  .filters = &push->options.filters,
						  .target.engine = PUSH_ENGINES,
						  .retries = 5,
						  .backoff_ns = SECOND / 2,
						  .http.timeout_ns = 30ull * SECOND}};
	status = options_read_more(&push->options, usage, argc, argv, &more);
	if (status >= 0)
		return status;
	request->target.url = argv[optind];
	request->http.token = getenv("SILT_PUSH_TOKEN");
	if (request->http.token && !*request->http.token)
		request->http.token = NULL;
	return check_operands(request, argv + optind) && push_check_request(request) &&
			       check_metrics(request)
		       ? -1
		       : 2;
}

void push_options_free(struct push_options *push)
{
	push_free_labels(push->request.labels, push->request.label_count);
	options_free(&push->options);
}
