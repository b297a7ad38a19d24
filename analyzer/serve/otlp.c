/* Encodes OpenTelemetry metrics: see otlp.h. */
#include "serve/otlp.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "render/otlp.pb-c.h"
#include "serve/figures.h"
#include "serve/metrics.h"
#include "serve/monitor.h"
#include "serve/openmetrics.h"
#include "silt_release.h"
#include "util/mem.h"

/* Every part of the request comes from malloc, so that protobuf-c can free it. */
struct encoder {
	const struct monitor *monitor;
	const struct metric_family *family;
	Otlp__ExportMetricsServiceRequest request;
	/* for each resource: capacity of its metrics, and of the last metric's data points */
	struct room {
		size_t metrics, points;
	} * rooms;
	/* time of the newest snapshot */
	uint64_t newest_ns;
};

static const char *const own_attributes[] = {
	"service.name", "service.instance.id",	   "service.version",
	"host.name",	"process.executable.name", "process.executable.build_id.gnu",
	"silt.run"};

const char *otlp_check_attribute(const char *name)
{
	/* the user may know the version better */
	for (size_t i = 0; i < sizeof own_attributes / sizeof own_attributes[0]; i++)
		if (strcmp(name, own_attributes[i]) == 0 && strcmp(name, "service.version") != 0)
			return "silt has an attribute of that name itself";
	return NULL;
}

/* -- attributes -- */

static Otlp__KeyValue *attribute(const char *key, const char *text)
{
	Otlp__KeyValue *pair = mem_alloc(sizeof *pair);

	otlp__key_value__init(pair);
	pair->key = mem_string(key);
	pair->value = mem_alloc(sizeof *pair->value);
	otlp__any_value__init(pair->value);
	pair->value->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	pair->value->string_value = mem_string(text);
	return pair;
}

static void describe(Otlp__Resource *resource, const char *key, const char *text)
{
	if (!*text)
		return;
	for (size_t i = 0; i < resource->n_attributes; i++)
		if (strcmp(resource->attributes[i]->key, key) == 0)
			return;
	resource->attributes[resource->n_attributes++] = attribute(key, text);
}

/* The user's attributes take precedence. `figures` is NULL for the directory as a whole. */
static Otlp__Resource *resource_of(const struct process_figures *figures,
				   const struct otlp_resource *added)
{
	Otlp__Resource *resource = mem_alloc(sizeof *resource);
	size_t own = sizeof own_attributes / sizeof own_attributes[0];
	char *instance;

	otlp__resource__init(resource);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	resource->attributes = mem_zeroed(added->label_count + own, sizeof(Otlp__KeyValue *));
	for (size_t i = 0; i < added->label_count; i++)
		describe(resource, added->labels[i].name, added->labels[i].value);
	if (!figures) {
		describe(resource, "service.name", "silt");
		describe(resource, "service.version", SILT_RELEASE);
		return resource;
	}
	instance = mem_format("%s:%s", figures->host, figures->run);
	describe(resource, "service.name", added->service ? added->service : figures->program);
	describe(resource, "service.instance.id", instance);
	describe(resource, "service.version", figures->version);
	describe(resource, "host.name", figures->host);
	describe(resource, "process.executable.name", figures->program);
	describe(resource, "process.executable.build_id.gnu", figures->build_id);
	describe(resource, "silt.run", figures->run);
	free(instance);
	return resource;
}

static Otlp__ResourceMetrics *resource_metrics(Otlp__Resource *resource)
{
	Otlp__ResourceMetrics *metrics = mem_alloc(sizeof *metrics);
	Otlp__ScopeMetrics *scope = mem_alloc(sizeof *scope);

	otlp__scope_metrics__init(scope);
	scope->scope = mem_alloc(sizeof *scope->scope);
	otlp__instrumentation_scope__init(scope->scope);
	scope->scope->name = mem_string("silt");
	scope->scope->version = mem_string(SILT_RELEASE);
	otlp__resource_metrics__init(metrics);
	metrics->resource = resource;
	metrics->n_scope_metrics = 1;
	metrics->scope_metrics = mem_alloc(sizeof(Otlp__ScopeMetrics *));
	metrics->scope_metrics[0] = scope;
	return metrics;
}

/* -- metrics -- */

/* Returns the index of a process's resource; the directory's resource is the last. */
static size_t place_of(const struct encoder *encoder, const struct process_figures *figures)
{
	size_t place = 0;

	while (place < encoder->monitor->count && encoder->monitor->list[place] != figures)
		place++;
	return place;
}

/* Returns the resource's metric of the current family. */
static Otlp__Metric *metric_of(struct encoder *encoder, size_t place)
{
	Otlp__ScopeMetrics *scope = encoder->request.resource_metrics[place]->scope_metrics[0];
	Otlp__Metric *metric = scope->n_metrics ? scope->metrics[scope->n_metrics - 1] : NULL;

	if (metric && strcmp(metric->name, encoder->family->name) == 0)
		return metric;
	metric = mem_alloc(sizeof *metric);
	otlp__metric__init(metric);
	metric->name = mem_string(encoder->family->name);
	metric->description = mem_string(encoder->family->help);
	metric->unit = mem_string(encoder->family->unit);
	metric->data_case = OTLP__METRIC__DATA_GAUGE;
	metric->gauge = mem_alloc(sizeof *metric->gauge);
	otlp__gauge__init(metric->gauge);
	encoder->rooms[place].points = 0;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	MEM_GROW(scope->metrics, scope->n_metrics, encoder->rooms[place].metrics);
	scope->metrics[scope->n_metrics++] = metric;
	return metric;
}

static void begin(void *argument, const struct metric_family *family)
{
	struct encoder *encoder = argument;

	encoder->family = family;
}

static void sample(void *argument, const struct process_figures *figures, double value,
		   const char *const *more)
{
	struct encoder *encoder = argument;
	size_t place = place_of(encoder, figures), pairs = 0;
	Otlp__Gauge *gauge = metric_of(encoder, place)->gauge;
	Otlp__NumberDataPoint *point = mem_alloc(sizeof *point);

	otlp__number_data_point__init(point);
	point->time_unix_nano = figures ? figures->time_unix_ns : encoder->newest_ns;
	point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
	point->as_double = value;
	while (more[pairs * 2])
		pairs++;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	point->attributes = pairs ? mem_zeroed(pairs, sizeof(Otlp__KeyValue *)) : NULL;
	for (; *more; more += 2)
		point->attributes[point->n_attributes++] = attribute(more[0], more[1]);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	MEM_GROW(gauge->data_points, gauge->n_data_points, encoder->rooms[place].points);
	gauge->data_points[gauge->n_data_points++] = point;
}

/* -- the request -- */

static void begin_request(struct encoder *encoder, const struct otlp_resource *added)
{
	const struct monitor *monitor = encoder->monitor;
	size_t count = monitor->count + 1;

	otlp__export_metrics_service_request__init(&encoder->request);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	encoder->request.resource_metrics = mem_zeroed(count, sizeof(Otlp__ResourceMetrics *));
	encoder->request.n_resource_metrics = count;
	encoder->rooms = mem_zeroed(count, sizeof *encoder->rooms);
	for (size_t i = 0; i < count; i++) {
		const struct process_figures *figures =
			i < monitor->count ? monitor->list[i] : NULL;

		encoder->request.resource_metrics[i] =
			resource_metrics(resource_of(figures, added));
		if (figures && figures->time_unix_ns > encoder->newest_ns)
			encoder->newest_ns = figures->time_unix_ns;
	}
}

static void end_request(struct encoder *encoder)
{
	for (size_t i = 0; i < encoder->request.n_resource_metrics; i++)
		otlp__resource_metrics__free_unpacked(encoder->request.resource_metrics[i], NULL);
	free(encoder->request.resource_metrics);
	free(encoder->rooms);
}

unsigned char *otlp_encode(const struct monitor *monitor, const struct otlp_resource *added,
			   size_t *size)
{
	struct encoder encoder = {.monitor = monitor};
	struct metrics_sink sink = {&encoder, begin, sample};
	unsigned char *data;

	begin_request(&encoder, added);
	metrics_walk(monitor, &sink);
	*size = otlp__export_metrics_service_request__get_packed_size(&encoder.request);
	data = mem_alloc(*size);
	otlp__export_metrics_service_request__pack(&encoder.request, data);
	end_request(&encoder);
	return data;
}
