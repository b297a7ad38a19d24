/*
 * What a finding says, composed once: headline, holder, path, callback, call sites, call stack,
 * evidence, advice, and the command to type next. Reports, gates and pages only lay it out.
 * Must not: know a rule; hold text that could drive a terminal (all of it but `function` and `file`
 * is as utf8_print() prints it).
 */
#ifndef SILT_RENDER_ACCOUNT_H
#define SILT_RENDER_ACCOUNT_H

#include <stdio.h>

#include "gate/policy.h"

struct diagnosis;
struct finding;
struct frame;
struct snapshot_code;
struct variable;

#define ACCOUNT_NAMES 6

struct account_line {
	/* NULL: there is nothing to say */
	char *text;
	/* Which parts of the text are names from the program: pages set them in another font. */
	struct {
		size_t start, end;
	} names[ACCOUNT_NAMES];
	size_t name_count;
};

struct account_lines {
	struct account_line *list;
	size_t count, capacity;
};

struct account {
	const char *kind;
	double confidence;
	/* one sentence, with the rate */
	struct account_line headline;
	/* "path: cache.buckets[].next", "callback: FILE:LINE  function", "cycle: ... at offset 8
	 * -> ..." */
	struct account_lines facts;
	/* "FILE:LINE  function: +12.1 MiB, +6200 blocks (3 call stacks)", the heaviest first; how
	 * many lines there would be with those of all call stacks */
	struct account_lines sites;
	size_t stacks;
	struct account_lines evidence;
	/* "called from: serve < main < ..." */
	struct account_line callers;
	/* the call stack of the heaviest site, "FILE:LINE  function", innermost frame first */
	struct account_lines stack;
	/* "blocks of this line are freed by ..."; the call stack that frees most of them */
	struct account_line freed;
	struct account_lines freed_stack;
	char *advice;
	/* the command that shows more of it; NULL: none is known */
	char *next;
	/* of the heaviest site's blamed frame, as in the debug information; NULL: unknown */
	char *function, *file;
	unsigned line;
};

/* `unit`: what a unit of work is called; NULL: "iteration". */
struct account *account_new(const struct diagnosis *diagnosis, struct profile_context *context,
			    const struct finding *finding, const char *unit);
/* Something that is wrong but no finding of a diagnosis. */
struct account *account_plain(const char *kind, const char *headline, const char *advice);
void account_free(struct account *account);
/* The three above, for a gate. */
extern const struct gate_words account_words;

/* Parts that JSON has, too: the function that a callback is, the table of functions that it is one
 * of. NULL: unknown, or none. */
const struct frame *account_callback(const struct diagnosis *diagnosis,
				     struct profile_context *context,
				     const struct snapshot_code *code);
const struct variable *account_callback_table(const struct diagnosis *diagnosis,
					      struct profile_context *context,
					      const struct snapshot_code *code);

#endif
