/*
 * Functions and what they allocate, as pstats shows time: a table, callers and callees; text and
 * JSON.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_FUNCTIONS_VIEW_H
#define SILT_RENDER_FUNCTIONS_VIEW_H

#include "model/functions.h"
#include "render/json.h"

struct functions_view {
	/* functions, frames below each; traceback 0: none */
	uint64_t limit, traceback;
	/* globs of function names: only those, with who calls them, whom they call; NULL */
	const char *callers, *callees;
	/* also functions that allocate nothing themselves */
	bool all;
	bool colour;
};

/* A table on standard output. */
void functions_text(const struct functions *functions, const struct functions_view *view);
/* The members of silt.top/1 from "stats" on. */
void functions_json(struct json *json, const struct functions *functions,
		    const struct functions_view *view);

#endif
