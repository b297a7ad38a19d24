/*
 * One self-contained page about a run: findings as plain HTML, and a script that charts, compares
 * and draws flames.
 * Must not: let a name from a program become markup, know a rule, refer to anything outside the
 * page.
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
	/* as in the debug information */
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

/* The whole page, which refers to nothing outside. */
void html_write(FILE *file, const struct html_page *page);

/* What the script reads, as JSON without a character that means anything to HTML; see
 * html_data.c. */
void html_data(FILE *file, const struct html_page *page);

/* -- parts of the page -- */
void html_findings(FILE *file, const struct html_page *page);
void html_holders(FILE *file, const struct html_page *page);
void html_sources(FILE *file, const struct html_page *page);
/* "FILE:LINE  function", as html */
void html_place(FILE *file, const struct frame *frame);

#define HTML_SOURCES 10 /* files shown at most */

/* Fills `sources` (HTML_SOURCES of them) with the source files whose lines grow most; how many.
 * `old` may be NULL. */
size_t html_find_sources(struct html_source *sources, const struct trend *trend,
			 const struct profile *old, const struct profile *new);
void html_free_sources(struct html_source *sources, size_t count);

/* PROGRAM.PID.html, what a page is called unless the user says so; to be freed. */
char *html_default_name(const struct snapshot *snapshot);

#endif
