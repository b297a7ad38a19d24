/*
 * Names the command line that settles an inconclusive run: see next.h.
 *
 * The command repeats the run with what was missing. A run that silt could not see (doubt.h) has no
 * such command: its note says what has to change in the program.
 */
#include "diagnose/next.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/doubt.h"
#include "model/run_end.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/words.h"

#define SNAPSHOTS 20	    /* so many in a run as long as this one leave enough intervals */
#define DEEPEST 16	    /* processes between the program and one that it has started */
#define SHORTEST 0.02	    /* seconds: with the shortest interval, 1 ms, that many snapshots */
#define LONGER 3	    /* times as long */
#define SOAK_SHORTEST 10    /* seconds */
#define MIB (1024.0 * 1024) /* bytes */

/* -- the command line -- */

/* Returns the directory that the run directory of the snapshot is in; the caller frees it. */
static char *out_of(const struct snapshot *snapshot)
{
	char *out = mem_string(snapshot->path), *slash = NULL;

	for (int i = 0; i < 2; i++) {
		slash = strrchr(out, '/');
		if (slash)
			*slash = 0;
	}
	if (slash)
		return out;
	free(out);
	return mem_string(".");
}

/* Loads a snapshot of the recorded process that started that of `snapshot`; NULL: there is none. */
static struct snapshot *load_parent(const struct snapshot *snapshot)
{
	char *out = out_of(snapshot);
	DIR *directory = opendir(out);
	struct snapshot *parent = NULL;
	struct dirent *entry;

	while (directory && !parent && (entry = readdir(directory))) {
		struct snapshot_error error;
		struct run_dir *run;
		char *path;

		if (!control_names_process(entry->d_name, (pid_t)snapshot->process.ppid))
			continue;
		path = mem_format("%s/%s", out, entry->d_name);
		run = run_dir_open(path, &error);
		if (run)
			parent = snapshot_load_part(run->snapshots[0], SNAPSHOT_COUNTERS, &error);
		run_dir_free(run);
		free(path);
	}
	if (directory)
		closedir(directory);
	free(out);
	return parent;
}

/* Returns the command line of one process, quoted for a shell; the caller frees it. */
static char *words_of(const struct snapshot *snapshot)
{
	char *line = words_shell(snapshot->argument_count ? snapshot->arguments[0]
							  : snapshot->executable);

	for (uint64_t i = 1; i < snapshot->argument_count; i++) {
		char *word = words_shell(snapshot->arguments[i]),
		     *longer = mem_format("%s %s", line, word);

		free(word);
		free(line);
		line = longer;
	}
	return line;
}

/* Returns the command line of the program that was recorded: of the first process, as one that a
 * server or a shell has started cannot be started alone. The caller frees it. */
static char *command_line(const struct snapshot *snapshot)
{
	struct snapshot *first = NULL, *parent = load_parent(snapshot);
	char *line;

	/* process numbers are used again: no endless circle */
	for (int depth = 0; parent && depth < DEEPEST; depth++) {
		snapshot_free(first);
		first = parent;
		parent = load_parent(first);
	}
	snapshot_free(parent);
	line = words_of(first ? first : snapshot);
	snapshot_free(first);
	return line;
}

/* Returns a round number of milliseconds, 1, 2 or 5 times a power of 10, that is not higher. */
static double round_down(double milliseconds)
{
	double power = pow(10, floor(log10(milliseconds))), digit = milliseconds / power;

	return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

/* -- the options -- */

static bool has_ended(const struct series *series)
{
	const struct silt_process *last = &series->snapshots[series->count - 1]->process;
	struct run_end end;

	run_end_look(&end, series);
	return end.known || last->end_ns || last->trigger == SILT_TRIGGER_EXIT ||
	       last->trigger == SILT_TRIGGER_ENDING || last->trigger == SILT_TRIGGER_KILLED;
}

static char *for_short(const struct series *series, const char *command)
{
	const struct snapshot *last = series->snapshots[series->count - 1];
	double seconds = series->seconds[series->count - 1];

	if (seconds < SHORTEST)
		return mem_format("silt run --graph last %s && silt lost", command);
	if (!has_ended(series))
		return mem_format("silt report %.*s", (int)(strrchr(last->path, '/') - last->path),
				  last->path);
	return mem_format("silt run --interval %.0fms %s", round_down(seconds * 1000 / SNAPSHOTS),
			  command);
}

void next_find(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct series *series = facts->series;
	const struct snapshot *last = series->snapshots[series->count - 1];
	double soak = ceil(fmax(SOAK_SHORTEST, series->seconds[series->count - 1] * LONGER));
	char *command;

	if (diagnosis->verdict != DIAGNOSIS_INCONCLUSIVE ||
	    doubt_of_run(series->snapshots, series->count))
		return;
	diagnosis->next_seconds = soak;
	command = command_line(last);
	if (last->process.memory_reached_ns)
		diagnosis->next = mem_format(
			"silt run --memory %.0fM %s",
			ceil(2 * (double)last->process.memory_limit_bytes / MIB), command);
	else if (facts->end <= facts->start + GROWTH_INTERVALS)
		diagnosis->next = for_short(series, command);
	else if (diagnosis->idle)
		diagnosis->next = mem_format("silt soak --duration %.0fs --load COMMAND -- %s",
					     soak, command);
	else if (diagnosis->cut_short)
		diagnosis->next = mem_format(
			"silt run --growth %.0fM %s",
			ceil((double)last->process.peak_live_bytes / SNAPSHOTS / MIB), command);
	else
		diagnosis->next = mem_format("silt soak --duration %.0fs%s -- %s", soak,
					     facts->graph ? "" : " --graph all", command);
	free(command);
}
