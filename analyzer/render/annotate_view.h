/*
 * Output of `silt annotate`: a source file with what each of its lines allocated.
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
	/* the name in the debug information */
	const char *file;
	const struct snapshot *first, *last;
	const struct lines *lines;
	const struct source *source;
	/* true if `first` and `last` are compared; false if only `last` is shown */
	bool grown;
};

/* Prints the page on standard output, as text or JSON (silt.annotate/1). */
void annotate_view_print(const struct annotate_page *page);

/* Returns the file name in the debug information that `name` from the command line stands for.
 * Returns NULL after printing an error if no file, or more than one, matches. */
const char *annotate_view_choose_file(const struct profile *profile, const char *name);

#endif
