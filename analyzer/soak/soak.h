/*
 * A soak: a program under load for a time, with snapshots; its parts.
 */
#ifndef SILT_SOAK_SOAK_H
#define SILT_SOAK_SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/policy.h"

struct soak {
	/* by which it is judged */
	struct policy *policy;
	/* argument vector */
	char **program;
	/* a process that runs already, in place of a program; 0: none */
	pid_t attached;
	/* of the one or the other, for messages */
	const char *name;
	/* of this soak's runs, absolute */
	char *directory;
	/* shell command; NULL */
	const char *load;
	/* shell command, PORT or HOST:PORT; NULL: at once */
	const char *ready;
	int stop_signal;
	/* seconds; below 0: not given */
	double duration;
	/* seconds for getting ready, and for stopping */
	double patience;
	/* seconds between snapshots */
	double interval;
	/* runs of ended processes go when there is more; 0: never */
	uint64_t disk_bytes;
	/* --selftest: what makes the program leak; NULL */
	char *leak_library;

	/* what came of it */
	/* NULL: it went as planned */
	char *error;
	/* the program has ended well before --duration was over: an error if that is too little
	 * to judge; NULL */
	char *early;
	bool was_ready;
	/* from the start */
	double ready_seconds;
	/* from then on */
	double ran_seconds;
	double snapshot_cpu_seconds;
	double disk_used;
	uint64_t runs_removed;
};

/* "8080" or "localhost:8080": the host, to be freed, and where the port begins. NULL: it is a
 * command. */
char *soak_ready_host(const char *ready, const char **port);
/* Makes OUT/soak-DATE-TIME, a new directory, with its parents, and notes it in `soak`. False after
 * printing what is wrong. */
bool soak_make_directory(struct soak *soak);
/* Sets the environment so that there are snapshots enough to judge, where the user does not say
 * otherwise. */
void soak_set_defaults(struct soak *soak);
struct gate;
/* Says on standard error what recording has cost. */
void soak_tell_costs(const struct soak *soak, const struct gate *gate);
/* --selftest: says whether the gate has seen the leak that was made; the exit status. */
int soak_conclude_selftest(const struct gate *gate);
/* Runs the program from start to end, until all it left behind is gone; or, where a process was
 * attached to, until it is detached from. False if it could not be started, after printing why. */
bool soak_run(struct soak *soak);

/* -- which processes could not be recorded -- */

struct soak_seen {
	struct soak_seen_process *list;
	size_t count, capacity;
};

/* To be called about once a second for each process of the program; `now` in seconds. */
void soak_seen_note(struct soak_seen *seen, pid_t pid, bool has_helper, double now);
/* When all are gone: writes down which left no run directory because they could not, and why
 * (load/unrecorded.h). */
void soak_seen_conclude(struct soak_seen *seen, const char *directory);

/* Before the stop signal: asks all processes for a snapshot that says that their end begins; waits
 * for these, but not for long. */
void soak_announce_stop(const char *directory);

/* -- the live verdict, and the disk -- */

struct soak_watch {
	/* the process that looks at what is there so far; 0: none */
	pid_t judge;
	int pipe;
	double judged_since, next_judged, next_line, next_prune;
	bool terminal;
	char verdict[400];
};

/* No judge runs yet; the clock of what is shown begins. */
void soak_watch_start(struct soak_watch *watch);
/* To be called some times a second; `now` in seconds since the start. */
void soak_watch_tick(struct soak_watch *watch, struct soak *soak, const char *phase, double now);
/* Told of a child that ended; true: it was the judge. */
bool soak_watch_reaped(struct soak_watch *watch, pid_t pid);
void soak_watch_end(struct soak_watch *watch);
/* Bytes on disk at and below a directory. */
double soak_disk_usage(const char *path);
/* Why no snapshot can be written there now, to be freed; NULL: it can. */
char *soak_cannot_write(const char *directory);

#endif
