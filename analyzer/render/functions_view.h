/*
 * Prints functions and what they allocate, as pstats prints time: a table, callers and callees;
 * text and JSON.
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_FUNCTIONS_VIEW_H
#define SILT_RENDER_FUNCTIONS_VIEW_H

#include "model/functions.h"
#include "render/json.h"

struct functions_view {
	/* functions shown, and frames shown below each; `traceback` 0: no frames */
	uint64_t limit, traceback;
	/* Globs: only functions of this name, with their callers or their callees; NULL: all
	 * functions. */
	const char *callers, *callees;
	/* include functions that allocate nothing themselves */
	bool all;
	bool colour;
};

/* Prints a table on standard output. */
void functions_text(const struct functions *functions, const struct functions_view *view);
/* Writes the member "stats" of silt.top/1. */
void functions_json(struct json *json, const struct functions *functions,
		    const struct functions_view *view);

#endif
