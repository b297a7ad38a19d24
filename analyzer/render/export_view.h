/*
 * Output of `silt export`: writes any of the formats of exports.h.
 */
#ifndef SILT_RENDER_EXPORT_VIEW_H
#define SILT_RENDER_EXPORT_VIEW_H

#include <stdio.h>
#include "model/series.h"
#include "model/stacks.h"
#include "render/choices.h"

struct snapshot;

enum export_format {
	EXPORT_PPROF,
	EXPORT_FOLDED,
	EXPORT_SPEEDSCOPE,
	EXPORT_CALLGRIND,
	EXPORT_CSV,
	EXPORT_MASSIF,
	EXPORT_DHAT,
	/* not written here: serve/openmetrics.h and serve/otlp.h write them, of a directory */
	EXPORT_OPENMETRICS,
	EXPORT_OTLP,
	EXPORT_FORMATS
};
extern const char *const export_format_names[EXPORT_FORMATS];

struct export_content {
	const struct options *options;
	enum export_format format;
	/* what folded stacks count */
	enum stacks_figure figure;
	struct profile_context *context;
	/* Without `old` the state of `new` is written, else the difference. */
	struct snapshot *old, *new;
	/* massif and dhat read this instead of `old` and `new` */
	struct series *series;
};

/* Writes `content` in `content->format`. */
void export_write(FILE *file, const struct export_content *content);
/* Folded stacks and tables have no place for what was lost: prints it on standard error. */
void export_print_quality(const struct snapshot *snapshot);

#endif
