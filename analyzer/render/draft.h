/*
 * Composes one line of an account and records which parts of it are names from the program.
 */
#ifndef SILT_RENDER_DRAFT_H
#define SILT_RENDER_DRAFT_H

#include <stddef.h>
#include <stdio.h>

#include "render/account.h"

struct frame;
struct profile_site;

struct draft {
	/* text that is not a name is written here */
	FILE *file;
	size_t size;
	struct account_line line;
};

void draft_open(struct draft *draft);
/* Text written to `file` between these two calls is a name. At most ACCOUNT_NAMES names a line
 * are recorded. */
void draft_begin_name(struct draft *draft);
void draft_end_name(struct draft *draft);
/* Writes a name from the program, as utf8_print() prints it. */
void draft_name(struct draft *draft, const char *text);
/* Writes the place of a call site; "?" if `site` is NULL. */
void draft_site(struct draft *draft, const struct profile_site *site);
/* "FILE:LINE  function" */
void draft_frame(struct draft *draft, const struct frame *frame);
/* Ends the draft and returns the line; the caller frees its text. */
struct account_line draft_close(struct draft *draft);

/* Appends a line to `lines`, which owns its text from then on. */
void account_add_line(struct account_lines *lines, struct account_line line);

#endif
