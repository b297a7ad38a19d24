/*
 * Sends metrics to an OpenTelemetry collector: POST /v1/metrics, as OTLP/HTTP specifies
 * (opentelemetry.io/docs/specs/otlp). A client repeats a request after 429, 502, 503 and 504 only.
 * An answer with status 200 may report rejected data points.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "push/attempts.h"
#include "push/push.h"
#include "render/otlp.pb-c.h"
#include "render/written_view.h"
#include "util/http.h"
#include "util/utf8.h"

struct one_request {
	const struct push_metrics *metrics;
	char *url;
	/* data points, from the answer */
	int64_t rejected;
	/* the collector's message; "": none */
	char text[sizeof((struct http_answer *)0)->body];
};

/* The answer may be cut, or not be this message: it then counts as full success. */
static void take_success(struct one_request *request, const struct http_answer *answer)
{
	Otlp__ExportMetricsServiceResponse *response =
		otlp__export_metrics_service_response__unpack(NULL, answer->body_size,
							      (const uint8_t *)answer->body);

	if (response && response->partial_success) {
		request->rejected = response->partial_success->rejected_data_points;
		snprintf(request->text, sizeof request->text, "%s",
			 response->partial_success->error_message);
	}
	if (response)
		otlp__export_metrics_service_response__free_unpacked(response, NULL);
}

/* A collector answers with a Status message, a proxy with text. */
static void take_failure(struct http_answer *answer)
{
	Otlp__Status *status =
		otlp__status__unpack(NULL, answer->body_size, (const uint8_t *)answer->body);

	if (status && *status->message)
		snprintf(answer->body, sizeof answer->body, "%s", status->message);
	if (status)
		otlp__status__free_unpacked(status, NULL);
	if (answer->reached && answer->status != 429 && answer->status != 502 &&
	    answer->status != 503 && answer->status != 504)
		answer->result = HTTP_REFUSED;
}

static void send_metrics(void *argument, struct http *connection, struct http_answer *answer)
{
	struct one_request *request = argument;

	http_post(connection, request->url, "application/x-protobuf", request->metrics->data,
		  request->metrics->size, answer);
	if (answer->result == HTTP_OK)
		take_success(request, answer);
	else
		take_failure(answer);
}

static bool push_one(struct attempts *attempts, const struct push_metrics *metrics)
{
	struct one_request one = {.metrics = metrics,
				  .url = push_url(attempts->request->target.url, "/v1/metrics")};
	bool sent = attempts_make(attempts, send_metrics, &one);

	if (sent && one.rejected > 0)
		utf8_complain("silt push: %s: %" PRId64 " points were rejected: %s",
			      attempts->shown_url, one.rejected, one.text);
	else if (sent && *one.text)
		utf8_complain("silt push: %s: %s", attempts->shown_url, one.text);
	if (sent)
		written_view_print_metrics(metrics->path, metrics->processes);
	free(one.url);
	return sent && one.rejected <= 0;
}

int push_metrics(const struct push_request *request, const struct push_metrics *list, size_t count)
{
	struct attempts attempts;
	int status = 0;

	attempts_begin(&attempts, request, request->target.url);
	for (size_t i = 0; i < count && attempts.connection && !attempts.unreachable; i++)
		if (!push_one(&attempts, &list[i]))
			status = 1;
	if (!attempts.connection)
		status = 2;
	attempts_end(&attempts);
	return status;
}
