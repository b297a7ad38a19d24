/*
 * The screen of silt watch: a table of growing sites, what the verdict is so far, keys.
 * Must not: load anything, leave the terminal other than it was.
 */
#ifndef SILT_RENDER_SCREEN_H
#define SILT_RENDER_SCREEN_H

#include <signal.h>

#include "model/statistics.h"
#include "model/trend.h"

struct diagnosis;
struct series;

#define SCREEN_HEAD 7 /* lines above the rows */

enum screen_sort {
	SCREEN_GROWTH,
	SCREEN_LIVE,
	SCREEN_RATE,
	SCREEN_BLOCKS,
	SCREEN_NAME,
	SCREEN_SORTS
};

/* What is known at present; `series` NULL: no snapshot yet. */
struct screen_facts {
	/* path */
	const char *run;
	const struct series *series;
	const struct trend *trend;
	const struct diagnosis *diagnosis;
	/* of the diagnosis */
	struct profile_context *context;
	bool running, paused;
	/* of the last key; NULL */
	const char *message;
};

/* What the user has chosen. */
struct screen_view {
	enum screen_sort sort;
	enum statistics_key key;
	char filter[64];
	bool typing, help, details;
	/* rows */
	size_t chosen, first;
};

/* The last signal that asked to end; 0: none. */
extern volatile sig_atomic_t screen_ended;

/* False: standard output is no terminal that can be used, which has been said. Until the end
 * nothing else is printed: what goes to standard error is dropped. */
bool screen_begin(void);
void screen_end(void);
void screen_draw(const struct screen_facts *facts, struct screen_view *view);
/* A key, or -1 after 200 ms without one. */
int screen_key(void);

enum screen_action { SCREEN_NONE, SCREEN_QUIT, SCREEN_PAUSE, SCREEN_SNAPSHOT, SCREEN_REGROUP };
/* What a key does to the view, and what it asks of the caller. */
enum screen_action screen_act(struct screen_view *view, int key);

#endif
