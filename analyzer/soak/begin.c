/*
 * Prepares a soak before its program is started: see soak.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "silt_units.h"
#include "soak/launch.h"
#include "soak/soak.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

#define SNAPSHOTS 120	    /* snapshots in a soak, unless --interval says otherwise */
#define LEAST_INTERVAL 0.25 /* default interval in seconds: bounds */
#define MOST_INTERVAL 60

bool soak_make_directory(struct soak *soak)
{
	const char *out = getenv("SILT_OUT");
	char stamp[40];
	time_t now = time(NULL);
	struct tm local;

	out = out && *out ? out : "silt-out";
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
	for (int i = 1; i < 1000; i++) {
		free(soak->directory);
		soak->directory = i == 1 ? mem_format("%s/soak-%s", out, stamp)
					 : mem_format("%s/soak-%s-%d", out, stamp, i);
		for (char *c = soak->directory + 1; (c = strchr(c, '/')); c++) {
			*c = 0;
			mkdir(soak->directory, 0700);
			*c = '/';
		}
		if (mkdir(soak->directory, 0700) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	utf8_complain("silt soak: %s: %s", soak->directory, strerror(errno));
	return false;
}

void soak_set_defaults(struct soak *soak)
{
	const char *interval = getenv("SILT_INTERVAL"), *graph = getenv("SILT_GRAPH");
	double duration = soak->duration >= 0 ? soak->duration : 60;
	uint64_t ns = 0;
	char text[32];

	/* A soak has its own automatic interval; without an interval there is nothing to judge. */
	if (!interval || !*interval ||
	    (silt_units_interval(interval, &ns) && (!ns || ns == SILT_INTERVAL_AUTO))) {
		snprintf(text, sizeof text, "%.0fms",
			 fmin(MOST_INTERVAL, fmax(LEAST_INTERVAL, duration / SNAPSHOTS)) * 1000);
		setenv("SILT_INTERVAL", text, 1);
	}
	if (parse_duration(getenv("SILT_INTERVAL"), &ns))
		soak->interval = (double)ns / 1e9;
	if (!graph || !*graph)
		setenv("SILT_GRAPH", "all", 1);
	launch_default("SILT_PEAK", "on");
}
