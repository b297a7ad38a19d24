/*
 * A soak: a program under load for a time, with snapshots. Its parts.
 */
#ifndef SILT_SOAK_SOAK_H
#define SILT_SOAK_SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/policy.h"

struct soak {
	/* the policy that judges the soak */
	struct policy *policy;
	/* command line, NULL after the last argument */
	char **program;
	/* process that is attached to instead of starting a program; 0: none */
	pid_t attached;
	/* name of the program or process, for messages */
	const char *name;
	/* directory of the soak's runs, an absolute path */
	char *directory;
	/* shell command that makes the load; NULL: no load */
	const char *load;
	/* shell command, PORT or HOST:PORT; NULL: the program is ready at once */
	const char *ready;
	int stop_signal;
	/* seconds; below 0: not set */
	double duration;
	/* seconds allowed for getting ready, and for stopping */
	double patience;
	/* seconds between snapshots */
	double interval;
	/* runs of ended processes are removed beyond this size; 0: never */
	uint64_t disk_bytes;
	/* --selftest: the library that makes the program leak; NULL */
	char *leak_library;

	/* -- results -- */
	/* why the soak failed; NULL: it did not */
	char *error;
	/* The program ended well, but before --duration was over: an error if there is too
	 * little to judge. NULL: it did not. */
	char *early;
	bool was_ready;
	/* seconds from the start until the program was ready */
	double ready_seconds;
	/* seconds from then until it was stopped */
	double ran_seconds;
	double snapshot_cpu_seconds;
	double disk_used;
	uint64_t runs_removed;
};

/* Returns the host of "8080" or "localhost:8080", which the caller frees, and stores where the
 * port begins. Returns NULL if `ready` is a shell command. */
char *soak_ready_host(const char *ready, const char **port);
/* Returns true if a connection to the port can be made now. */
bool soak_connects(const char *host, const char *port);
/* Returns why the program counts as not ready, which the caller frees. `ended`: wait status of the
 * last command of --ready; NULL: none has ended. */
char *soak_not_ready(const struct soak *soak, const int *ended);
/* Makes OUT/soak-DATE-TIME, a new directory, with its parents, and stores it in `soak`. Returns
 * false after printing an error. */
bool soak_make_directory(struct soak *soak);
/* Sets the environment so that there are enough snapshots to judge, unless the user has set it. */
void soak_set_defaults(struct soak *soak);
struct gate;
/* Prints on standard error what recording has cost. */
void soak_print_costs(const struct soak *soak, const struct gate *gate);
/* Prints whether the gate found the leak of --selftest. Returns the exit status. */
int soak_conclude_selftest(const struct gate *gate);
/* Runs the program until every process it left has ended; or watches an attached process until
 * it is detached. Returns false, after printing an error, if the program could not be started. */
bool soak_run(struct soak *soak);

/* -- processes that could not be recorded -- */

struct soak_seen {
	struct soak_seen_process *list;
	size_t count, capacity;
};

/* Call it about once a second for each process of the program. `now`: seconds. */
void soak_seen_note(struct soak_seen *seen, pid_t pid, bool has_helper, double now);
/* Call it when all processes have ended: notes in `directory` which could not write a run
 * directory, and why (load/unrecorded.h). */
void soak_seen_conclude(struct soak_seen *seen, const char *directory);

/* Asks all processes for a snapshot that marks the beginning of their end, before they get the
 * stop signal. Waits for the snapshots, but not for long. */
void soak_announce_stop(const char *directory);

/* -- the verdict so far, and the disk -- */

struct soak_watch {
	/* pid of the process that judges the snapshots so far; 0: none */
	pid_t judge;
	int pipe;
	double judged_since, next_judged, next_line, next_prune;
	bool terminal;
	char verdict[400];
};

/* Starts the clock of what is shown; no judge runs yet. */
void soak_watch_start(struct soak_watch *watch);
/* Call it some times a second. `now`: seconds since the start. */
void soak_watch_tick(struct soak_watch *watch, struct soak *soak, const char *phase, double now);
/* Call it for each child that ended. Returns true if it was the judge. */
bool soak_watch_reaped(struct soak_watch *watch, pid_t pid);
void soak_watch_end(struct soak_watch *watch);
/* Returns the bytes on disk at and below a directory. */
double soak_disk_usage(const char *path);
/* Returns why no snapshot can be written to the directory now, which the caller frees; NULL: one
 * can. */
char *soak_cannot_write(const char *directory);

#endif
