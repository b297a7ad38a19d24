/*
 * A line of an account while it is written: text that knows which of its parts are names.
 */
#ifndef SILT_RENDER_DRAFT_H
#define SILT_RENDER_DRAFT_H

#include <stddef.h>
#include <stdio.h>

#include "render/account.h"

struct frame;
struct profile_site;

struct draft {
	/* what is not a name goes here */
	FILE *file;
	size_t size;
	struct account_line line;
};

void draft_open(struct draft *draft);
/* What is written to the file between them is a name. */
void draft_begin_name(struct draft *draft);
void draft_end_name(struct draft *draft);
/* A name from the program, as utf8_print() prints it. */
void draft_name(struct draft *draft, const char *text);
/* A call site; NULL: "?". */
void draft_site(struct draft *draft, const struct profile_site *site);
/* "FILE:LINE  function" */
void draft_frame(struct draft *draft, const struct frame *frame);
/* The line, whose text is the caller's to free. */
struct account_line draft_close(struct draft *draft);

/* The line's text belongs to `lines` from now on. */
void account_add_line(struct account_lines *lines, struct account_line line);

#endif
