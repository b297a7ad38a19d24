/*
 * The screen of `silt watch`: a table of growing sites, the verdict so far, keys.
 * Must not: load anything, leave the terminal in another state than it found.
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

/* What is known at present; `series` is NULL before the first snapshot. */
struct screen_facts {
	/* the run directory */
	const char *run;
	const struct series *series;
	const struct trend *trend;
	const struct diagnosis *diagnosis;
	/* the context that `diagnosis` was made with */
	struct profile_context *context;
	bool running, paused;
	/* the result of the last key; NULL: none */
	const char *message;
};

/* What the user has chosen. */
struct screen_view {
	enum screen_sort sort;
	enum statistics_key key;
	char filter[64];
	bool typing, help, details;
	/* index of the selected row, and of the first visible row */
	size_t chosen, first;
};

/* The last signal that asked the screen to end; 0: none. */
extern volatile sig_atomic_t screen_ended;

/* Takes over the terminal. Returns false, with a message on standard error, if standard output
 * is not a usable terminal. Until screen_end() nothing else is printed: standard error is
 * discarded. */
bool screen_begin(void);
void screen_end(void);
void screen_draw(const struct screen_facts *facts, struct screen_view *view);
/* Waits up to 200 ms. Returns the key, or -1 if none was pressed. */
int screen_key(void);

enum screen_action { SCREEN_NONE, SCREEN_QUIT, SCREEN_PAUSE, SCREEN_SNAPSHOT, SCREEN_REGROUP };
/* Applies a key to the view. Returns what the caller must do. */
enum screen_action screen_act(struct screen_view *view, int key);

#endif
