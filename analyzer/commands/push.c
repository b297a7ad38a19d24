/*
 * silt push: sends the snapshots of runs to an engine for continuous profiling, or their metrics to
 * a collector.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cli/push_options.h"
#include "commands/commands.h"
#include "push/push.h"
#include "serve/monitor.h"
#include "serve/openmetrics.h"
#include "serve/otlp.h"
#include "util/mem.h"
#include "util/utf8.h"

/* Encodes the metrics of a run or directory. Returns false after printing an error: there may still
 * be data of the readable runs. */
static bool take_metrics(struct push_metrics *metrics, const char *path,
			 const struct otlp_resource *added)
{
	struct monitor *monitor = monitor_new(path);
	bool good = monitor_look(monitor);

	*metrics = (struct push_metrics){.path = path, .processes = monitor->count};
	if (good)
		metrics->data = otlp_encode(monitor, added, &metrics->size);
	if (monitor->error.text[0])
		utf8_complain("silt push: %s", monitor->error.text);
	good = good && !monitor->error.text[0];
	monitor_free(monitor);
	return good;
}

static int push_all_metrics(const struct push_request *request, char **paths)
{
	struct openmetrics_label *labels = mem_zeroed(request->label_count + 1, sizeof *labels);
	struct otlp_resource added = {labels, request->label_count, request->target.application};
	struct push_metrics *list = NULL;
	size_t count = 0, capacity = 0;
	bool all = true;
	int status;

	for (size_t i = 0; i < request->label_count; i++) {
		labels[i].name = request->labels[i].name;
		labels[i].value = request->labels[i].value;
	}
	for (; *paths; paths++) {
		MEM_GROW(list, count, capacity);
		all = take_metrics(&list[count], *paths, &added) && all;
		count += list[count].data != NULL;
	}
	status = push_metrics(request, list, count);
	for (size_t i = 0; i < count; i++)
		free((unsigned char *)list[i].data);
	free(list);
	free(labels);
	return all ? status : 2;
}

int push_command(int argc, char **argv)
{
	struct push_options push;
	int status = push_options_read(&push, argc, argv);

	if (status < 0)
		status = push.request.target.engine == PUSH_OTLP
				 ? push_all_metrics(&push.request, argv + optind + 1)
				 : push_all(&push.request, argv + optind);
	push_options_free(&push);
	return status;
}
