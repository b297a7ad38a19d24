/*
 * A run that goes on: what its snapshots show so far.
 */
#ifndef SILT_SOAK_WATCHED_H
#define SILT_SOAK_WATCHED_H

#include "model/statistics.h"
#include "model/trend.h"
#include "render/choices.h"

struct diagnosis;
struct profile;
struct series;

struct watched {
	const struct options *options;
	struct profile_context *context;
	/* the run directory */
	char *directory;
	/* NULL until there is a snapshot */
	struct series *series;
	struct profile *profile;
	struct trend *trend;
	struct diagnosis *diagnosis;
	/* path of the last snapshot that was loaded */
	char *newest;
	/* when it was loaded, and how long that took, in seconds */
	double looked, took;
};

/* Loads newer snapshots, at most twice a second and for at most a fifth of the time. Returns
 * true if there is a newer one. */
bool watched_look(struct watched *watch, enum statistics_key key);
/* Groups the loaded snapshots by another key. */
void watched_group(struct watched *watch, enum statistics_key key);
bool watched_is_running(const struct watched *watch);
/* Asks the process for a snapshot. Returns the result in words, which the caller frees. */
char *watched_take_snapshot(const struct watched *watch);
/* Frees what was loaded. */
void watched_forget(struct watched *watch);

#endif
