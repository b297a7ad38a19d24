/*
 * One way into the formats of other programs (exports.h): what `silt export` writes.
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
	/* of a directory: serve/openmetrics.h writes it */
	EXPORT_OPENMETRICS,
	EXPORT_FORMATS
};
extern const char *const export_format_names[EXPORT_FORMATS];

struct export_content {
	const struct options *options;
	enum export_format format;
	/* what folded stacks count */
	enum stacks_figure figure;
	struct profile_context *context;
	/* what changed from `old`, or without it the state of `new` */
	struct snapshot *old, *new;
	/* massif, dhat: instead of the two */
	struct series *series;
};

/* In the format that the content asks for. */
void export_write(FILE *file, const struct export_content *content);
/* Folded stacks and tables have no place for what was lost: says it on standard error. */
void export_print_quality(const struct snapshot *snapshot);

#endif
