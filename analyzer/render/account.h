/*
 * The text of a finding, composed once: headline, holder, path, callback, call sites, call stack,
 * evidence, advice, and the command to type next. Reports, gates and pages only lay this text out.
 * Must not: apply a rule of diagnosis; contain text that a terminal would obey (every string but
 * `function` and `file` is as utf8_print() prints it).
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
	/* NULL: the line is empty */
	char *text;
	/* The ranges of `text`, in bytes, that are names from the program. Pages set them in
	 * another font. */
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
	/* The call sites, the heaviest first, as "FILE:LINE  function: +12.1 MiB, +6200 blocks
	 * (3 call stacks)". */
	struct account_lines sites;
	/* lines there would be in `sites` if it had all call stacks of the finding */
	size_t stacks;
	struct account_lines evidence;
	/* "called from: serve < main < ..." */
	struct account_line callers;
	/* the call stack of the heaviest site, "FILE:LINE  function", innermost frame first */
	struct account_lines stack;
	/* "blocks of this line are freed by ...", and the call stack that frees most of them */
	struct account_line freed;
	struct account_lines freed_stack;
	char *advice;
	/* the command that shows more about this finding */
	char *next;
	/* The blamed frame of the heaviest site, not cleaned for a terminal. NULL: unknown. */
	char *function, *file;
	unsigned line;
};

/* Composes the text of a finding; free it with account_free(). `unit`: the name of a unit of
 * work; NULL: "iteration". */
struct account *account_new(const struct diagnosis *diagnosis, struct profile_context *context,
			    const struct finding *finding, const char *unit);
/* Composes the text of a failure that is not a finding of a diagnosis. Copies `headline` and
 * `advice`; `kind` must outlive the account. */
struct account *account_plain(const char *kind, const char *headline, const char *advice);
void account_free(struct account *account);
/* account_new(), account_plain() and account_free(), as a gate calls them. */
extern const struct gate_words account_words;

/* Resolve a code pointer of a finding for JSON: the function it points to, or the table of
 * functions it points to. NULL: unknown, or the code pointer is of the other kind. Both live as
 * long as the symbolizer. */
const struct frame *account_callback(const struct diagnosis *diagnosis,
				     struct profile_context *context,
				     const struct snapshot_code *code);
const struct variable *account_callback_table(const struct diagnosis *diagnosis,
					      struct profile_context *context,
					      const struct snapshot_code *code);

#endif
