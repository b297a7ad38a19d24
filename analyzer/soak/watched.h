/*
 * A run that is going on: what its snapshots say so far.
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
	/* the run */
	char *directory;
	/* NULL until there is a snapshot: */
	struct series *series;
	struct profile *profile;
	struct trend *trend;
	struct diagnosis *diagnosis;
	/* path of the last snapshot looked at */
	char *newest;
	/* when that was, and how long it took, in seconds */
	double looked, took;
};

/* Looks for newer snapshots, at most once a second and a fifth of the time. True: there is
 * something new. */
bool watched_look(struct watched *watch, enum statistics_key key);
/* Groups what is there by another key. */
void watched_group(struct watched *watch, enum statistics_key key);
bool watched_is_running(const struct watched *watch);
/* Asks for a snapshot; what came of it, to be freed. */
char *watched_take_snapshot(const struct watched *watch);
/* Frees what the snapshots said. */
void watched_forget(struct watched *watch);

#endif
