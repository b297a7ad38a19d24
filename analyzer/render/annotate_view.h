/*
 * What `silt annotate` shows: a source file with what each of its lines allocated.
 */
#ifndef SILT_RENDER_ANNOTATE_VIEW_H
#define SILT_RENDER_ANNOTATE_VIEW_H

#include "load/source.h"
#include "model/lines.h"
#include "render/choices.h"

struct profile;
struct snapshot;

struct annotate_page {
	const struct options *options;
	/* lines shown around those that allocate; UINT64_MAX: all lines */
	uint64_t context;
	/* as in the debug information */
	const char *file;
	const struct snapshot *first, *last;
	const struct lines *lines;
	const struct source *source;
	/* there are two sides, `first` and `last` */
	bool grown;
};

/* Prints it on standard output, as text or JSON (silt.annotate/1). */
void annotate_view_print(const struct annotate_page *page);

/* What FILE on the command line means in the debug information; NULL after printing what is
 * wrong. */
const char *annotate_view_choose_file(const struct profile *profile, const char *name);

#endif
