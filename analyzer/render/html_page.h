/*
 * Writes one self-contained page about a run: findings as plain HTML, and a script that charts,
 * compares and draws flame graphs.
 * Must not: let a name from a program become markup, apply a rule of diagnosis, refer to anything
 * outside the page.
 */
#ifndef SILT_RENDER_HTML_PAGE_H
#define SILT_RENDER_HTML_PAGE_H

#include <stdio.h>

#include "model/trend.h"
#include "load/source.h"
#include "model/lines.h"

struct diagnosis;
struct frame;
struct profile;
struct series;
struct snapshot;

struct html_source {
	/* the name in the debug information */
	const char *file;
	const struct lines *lines;
	const struct source *source;
};

struct html_page {
	const struct series *series;
	/* of the last snapshot */
	const struct profile *profile;
	struct profile_context *context;
	const struct diagnosis *diagnosis;
	const struct html_source *sources;
	size_t source_count;
};

/* Writes the whole page. */
void html_write(FILE *file, const struct html_page *page);

/* Writes what the script reads: JSON without a character that has a meaning in HTML. See
 * html_data.c. */
void html_data(FILE *file, const struct html_page *page);

/* -- parts of the page -- */
void html_findings(FILE *file, const struct html_page *page);
void html_holders(FILE *file, const struct html_page *page);
void html_sources(FILE *file, const struct html_page *page);
/* Writes "FILE:LINE  function" as HTML. */
void html_place(FILE *file, const struct frame *frame);

#define HTML_SOURCES 10 /* files shown at most */

/* Fills `sources` (HTML_SOURCES elements) with the source files whose lines grow most and
 * returns their number. `old` may be NULL. Free them with html_free_sources(). */
size_t html_find_sources(struct html_source *sources, const struct trend *trend,
			 const struct profile *old, const struct profile *new);
void html_free_sources(struct html_source *sources, size_t count);

/* Returns PROGRAM.PID.html, the name of a page unless the user gives one; the caller frees it. */
char *html_default_name(const struct snapshot *snapshot);

#endif
