/* Walks the metrics: see metrics.h. */
#include "serve/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnose/finding.h"
#include "serve/figures.h"
#include "serve/monitor.h"

#define NS 1e9

struct walk {
	const struct monitor *monitor;
	const struct metrics_sink *sink;
};

static void begin(const struct walk *w, const struct metric_family *family)
{
	w->sink->begin(w->sink->argument, family);
}

/* `more`: label names and values, NULL after the last. */
static void sample(const struct walk *w, const struct process_figures *figures, double value,
		   const char *const *more)
{
	w->sink->sample(w->sink->argument, figures, value, more);
}

/* -- a figure a process -- */

enum figure {
	LIVE_BYTES,
	LIVE_BLOCKS,
	PEAK,
	RSS,
	RECORDER,
	UNRECORDED,
	TIMESTAMP,
	UPTIME,
	RUNNING,
	FIGURES
};

static double figure_of(const struct process_figures *figures, enum figure figure)
{
	switch (figure) {
	case LIVE_BYTES:
		return (double)figures->live_bytes;
	case LIVE_BLOCKS:
		return (double)figures->live_blocks;
	case PEAK:
		return (double)figures->peak_live_bytes;
	case RSS:
		return (double)figures->rss_bytes;
	case RECORDER:
		return (double)figures->recorder_bytes;
	case UNRECORDED:
		return (double)figures->lost_blocks;
	case TIMESTAMP:
		return (double)figures->time_unix_ns / NS;
	case UPTIME:
		return (double)figures->uptime_ns / NS;
	default:
		return figures->is_running;
	}
}

static void write_figures(const struct walk *w)
{
	static const struct metric_family families[FIGURES] = {
		{"silt_live_bytes", "By", "Live heap, in requested bytes."},
		{"silt_live_blocks", "{block}", "Live blocks of the heap."},
		{"silt_peak_live_bytes", "By", "Highest live heap so far."},
		{"silt_resident_memory_bytes", "By", "Resident memory of the process."},
		{"silt_recorder_bytes", "By",
		 "Resident memory that recording takes in the process."},
		{"silt_unrecorded_blocks", "{block}", "Blocks that could not be recorded."},
		{"silt_snapshot_timestamp_seconds", "s", "Time of the last snapshot, since 1970."},
		{"silt_uptime_seconds", "s",
		 "Time from the start of recording to the last snapshot."},
		{"silt_process_running", "", "0: the process is known to have ended."},
	};

	for (enum figure figure = 0; figure < FIGURES; figure++) {
		begin(w, &families[figure]);
		for (size_t i = 0; i < w->monitor->count; i++)
			sample(w, w->monitor->list[i], figure_of(w->monitor->list[i], figure),
			       (const char *const[]){NULL});
	}
}

/* -- verdicts -- */

static const char *const verdicts[] = {"clean", "leaking", "inconclusive"};

static void write_verdicts(const struct walk *w)
{
	uint64_t counts[3] = {0};

	begin(w, &(struct metric_family){"silt_verdict", "",
					 "1 for the verdict on the process, 0 for the others."});
	for (size_t i = 0; i < w->monitor->count; i++) {
		const struct process_figures *figures = w->monitor->list[i];

		counts[figures->verdict]++;
		for (int verdict = 0; verdict < 3; verdict++)
			sample(w, figures, (int)figures->verdict == verdict,
			       (const char *const[]){"verdict", verdicts[verdict], NULL});
	}
	begin(w, &(struct metric_family){"silt_processes", "{process}", "Processes by verdict."});
	for (int verdict = 0; verdict < 3; verdict++)
		sample(w, NULL, (double)counts[verdict],
		       (const char *const[]){"verdict", verdicts[verdict], NULL});
	sample(w, NULL, (double)w->monitor->unrecorded,
	       (const char *const[]){"verdict", "unrecorded", NULL});
	begin(w, &(struct metric_family){"silt_runs_left_out", "{run}",
					 "Runs beyond those with the newest snapshots."});
	sample(w, NULL, (double)w->monitor->left_out, (const char *const[]){NULL});
	begin(w, &(struct metric_family){"silt_runs_unreadable", "{run}",
					 "Runs with snapshots that cannot be read."});
	sample(w, NULL, (double)w->monitor->unreadable, (const char *const[]){NULL});
}

/* -- findings, by kind -- */

enum of_kind { KIND_COUNT, KIND_RATE, KIND_CONFIDENCE, KIND_LIVE, KIND_FIGURES };

static double kind_figure(const struct figures_kind *kind, enum of_kind figure)
{
	return figure == KIND_COUNT	   ? (double)kind->count
	       : figure == KIND_RATE	   ? kind->bytes_per_second
	       : figure == KIND_CONFIDENCE ? kind->confidence
					   : (double)kind->live_bytes;
}

static void write_findings(const struct walk *w)
{
	static const struct metric_family families[KIND_FIGURES] = {
		{"silt_findings", "{finding}", "Findings of a kind."},
		{"silt_finding_growth_bytes_per_second", "By/s",
		 "Growth of the findings of a kind."},
		{"silt_finding_confidence_ratio", "1",
		 "Highest confidence of the findings of a kind."},
		{"silt_finding_live_bytes", "By", "Live bytes of the findings of a kind."},
	};

	for (enum of_kind figure = 0; figure < KIND_FIGURES; figure++) {
		begin(w, &families[figure]);
		for (size_t i = 0; i < w->monitor->count * FINDING_KINDS; i++) {
			const struct process_figures *figures = w->monitor->list[i / FINDING_KINDS];
			enum finding_kind kind = (enum finding_kind)(i % FINDING_KINDS);

			if (figures->kinds[kind].count)
				sample(w, figures, kind_figure(&figures->kinds[kind], figure),
				       (const char *const[]){"kind", finding_kind_name(kind),
							     NULL});
		}
	}
}

/* -- call sites -- */

static void write_site(const struct walk *w, const struct process_figures *figures,
		       const struct figures_site *site, bool live)
{
	sample(w, figures, live ? (double)site->live_bytes : site->bytes_per_second,
	       (const char *const[]){"function", site->function ? site->function : "other", "place",
				     site->place ? site->place : "", NULL});
}

static void write_sites(const struct walk *w, const struct metric_family *family, bool live)
{
	begin(w, family);
	for (size_t i = 0; i < w->monitor->count; i++) {
		const struct process_figures *figures = w->monitor->list[i];

		for (size_t s = 0; s < figures->site_count; s++)
			write_site(w, figures, &figures->sites[s], live);
		write_site(w, figures, &figures->rest, live);
	}
}

void metrics_walk(const struct monitor *monitor, const struct metrics_sink *sink)
{
	struct walk w = {monitor, sink};

	write_figures(&w);
	write_verdicts(&w);
	write_findings(&w);
	write_sites(&w,
		    &(struct metric_family){"silt_site_live_bytes", "By",
					    "Live bytes of the call sites that grow most; "
					    "function \"other\": the rest."},
		    true);
	write_sites(&w,
		    &(struct metric_family){"silt_site_growth_bytes_per_second", "By/s",
					    "Growth of these call sites after the warm-up."},
		    false);
}
