/* Writes OpenMetrics text: see openmetrics.h. */
#include "serve/openmetrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "diagnose/finding.h"
#include "serve/figures.h"
#include "serve/monitor.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"
#define NS 1e9

static const char *const own_labels[] = {"host",    "program", "build_id", "run",
					 "verdict", "kind",    "function", "place"};

static bool has_label(const struct openmetrics_labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(name, labels->list[i].name) == 0)
			return true;
	return false;
}

const char *openmetrics_check_label(const struct openmetrics_labels *labels, const char *name)
{
	if (strspn(name, LETTERS) == 0 || name[strspn(name, LETTERS DIGITS)] ||
	    strncmp(name, "__", 2) == 0)
		return "the name of a label is made of letters, digits and _, and does not begin "
		       "with a digit or __";
	for (size_t i = 0; i < sizeof own_labels / sizeof own_labels[0]; i++)
		if (strcmp(name, own_labels[i]) == 0)
			return "silt has a label of that name itself";
	return has_label(labels, name) ? "given twice" : NULL;
}

struct writing {
	FILE *file;
	const struct monitor *monitor;
	const struct openmetrics_labels *labels;
};

static void begin(const struct writing *w, const char *name, const char *help)
{
	fprintf(w->file, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void write_label(FILE *file, char before, const char *name, const char *value)
{
	fprintf(file, "%c%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", file);
		else if (*value == '"' || *value == '\\')
			fprintf(file, "\\%c", *value);
		else
			fputc(*value, file);
	}
	fputc('"', file);
}

/* `more`: further label names and values, NULL after the last. */
static void write_sample(const struct writing *w, const char *name,
			 const struct process_figures *figures, double value,
			 const char *const *more)
{
	fputs(name, w->file);
	write_label(w->file, '{', "host", figures->host);
	write_label(w->file, ',', "program", figures->program);
	write_label(w->file, ',', "run", figures->run);
	write_label(w->file, ',', "build_id", figures->build_id);
	if (*figures->version && !has_label(w->labels, "version"))
		write_label(w->file, ',', "version", figures->version);
	for (size_t i = 0; i < w->labels->count; i++)
		write_label(w->file, ',', w->labels->list[i].name, w->labels->list[i].value);
	for (; *more; more += 2)
		write_label(w->file, ',', more[0], more[1]);
	fprintf(w->file, "} %.16g\n", value);
}

/* -- one figure a process -- */

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

static void write_figures(const struct writing *w)
{
	static const struct {
		const char *name, *help;
	} families[FIGURES] = {
		{"silt_live_bytes", "Live heap, in requested bytes."},
		{"silt_live_blocks", "Live blocks of the heap."},
		{"silt_peak_live_bytes", "Highest live heap so far."},
		{"silt_resident_memory_bytes", "Resident memory of the process."},
		{"silt_recorder_bytes", "Resident memory that recording takes in the process."},
		{"silt_unrecorded_blocks", "Blocks that could not be recorded."},
		{"silt_snapshot_timestamp_seconds", "Time of the last snapshot, since 1970."},
		{"silt_uptime_seconds", "Time from the start of recording to the last snapshot."},
		{"silt_process_running", "0: the process is known to have ended."},
	};

	for (enum figure figure = 0; figure < FIGURES; figure++) {
		begin(w, families[figure].name, families[figure].help);
		for (size_t i = 0; i < w->monitor->count; i++)
			write_sample(w, families[figure].name, w->monitor->list[i],
				     figure_of(w->monitor->list[i], figure),
				     (const char *const[]){NULL});
	}
}

/* -- verdicts -- */

static const char *const verdicts[] = {"clean", "leaking", "inconclusive"};

static void write_verdicts(const struct writing *w)
{
	uint64_t counts[3] = {0};

	begin(w, "silt_verdict", "1 for the verdict on the process, 0 for the others.");
	for (size_t i = 0; i < w->monitor->count; i++) {
		const struct process_figures *figures = w->monitor->list[i];

		counts[figures->verdict]++;
		for (int verdict = 0; verdict < 3; verdict++)
			write_sample(w, "silt_verdict", figures, (int)figures->verdict == verdict,
				     (const char *const[]){"verdict", verdicts[verdict], NULL});
	}
	begin(w, "silt_processes", "Processes by verdict.");
	for (int verdict = 0; verdict < 3; verdict++)
		fprintf(w->file, "silt_processes{verdict=\"%s\"} %" PRIu64 "\n", verdicts[verdict],
			counts[verdict]);
	fprintf(w->file, "silt_processes{verdict=\"unrecorded\"} %" PRIu64 "\n",
		w->monitor->unrecorded);
	begin(w, "silt_runs_left_out", "Runs beyond those with the newest snapshots.");
	fprintf(w->file, "silt_runs_left_out %" PRIu64 "\n", w->monitor->left_out);
	begin(w, "silt_runs_unreadable", "Runs with snapshots that cannot be read.");
	fprintf(w->file, "silt_runs_unreadable %" PRIu64 "\n", w->monitor->unreadable);
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

static void write_findings(const struct writing *w)
{
	static const struct {
		const char *name, *help;
	} families[KIND_FIGURES] = {
		{"silt_findings", "Findings of a kind."},
		{"silt_finding_growth_bytes_per_second", "Growth of the findings of a kind."},
		{"silt_finding_confidence_ratio", "Highest confidence of the findings of a kind."},
		{"silt_finding_live_bytes", "Live bytes of the findings of a kind."},
	};

	for (enum of_kind figure = 0; figure < KIND_FIGURES; figure++) {
		begin(w, families[figure].name, families[figure].help);
		for (size_t i = 0; i < w->monitor->count * FINDING_KINDS; i++) {
			const struct process_figures *figures = w->monitor->list[i / FINDING_KINDS];
			enum finding_kind kind = (enum finding_kind)(i % FINDING_KINDS);

			if (figures->kinds[kind].count)
				write_sample(w, families[figure].name, figures,
					     kind_figure(&figures->kinds[kind], figure),
					     (const char *const[]){"kind", finding_kind_name(kind),
								   NULL});
		}
	}
}

/* -- call sites -- */

static void write_site(const struct writing *w, const char *name,
		       const struct process_figures *figures, const struct figures_site *site,
		       bool live)
{
	write_sample(w, name, figures, live ? (double)site->live_bytes : site->bytes_per_second,
		     (const char *const[]){"function", site->function ? site->function : "other",
					   "place", site->place ? site->place : "", NULL});
}

static void write_sites(const struct writing *w, const char *name, const char *help, bool live)
{
	begin(w, name, help);
	for (size_t i = 0; i < w->monitor->count; i++) {
		const struct process_figures *figures = w->monitor->list[i];

		for (size_t s = 0; s < figures->site_count; s++)
			write_site(w, name, figures, &figures->sites[s], live);
		write_site(w, name, figures, &figures->rest, live);
	}
}

void openmetrics_write(FILE *file, const struct monitor *monitor,
		       const struct openmetrics_labels *labels)
{
	struct writing w = {file, monitor, labels};

	write_figures(&w);
	write_verdicts(&w);
	write_findings(&w);
	write_sites(&w, "silt_site_live_bytes",
		    "Live bytes of the call sites that grow most; function \"other\": the rest.",
		    true);
	write_sites(&w, "silt_site_growth_bytes_per_second",
		    "Growth of these call sites after the warm-up.", false);
	fputs("# EOF\n", file);
}
