/*
 * Profiles in the formats that other programs read; silt-export(1) says what of silt's is where.
 * One file a format.
 * Must not: know a rule. The same snapshots give the same bytes.
 */
#ifndef SILT_RENDER_EXPORTS_H
#define SILT_RENDER_EXPORTS_H

#include <stdio.h>

#include "model/series.h"
#include "model/stacks.h"
#include "model/statistics.h"

struct blame;
struct filter_list;

enum pprof_kind {
	/* of `new` */
	PPROF_STATE,
	/* `new`, and `old` subtracted from it, as `pprof -diff_base` has them */
	PPROF_DIFFERENCE,
	/* what was allocated since `old` (NULL: since recording began), and the state of `new` */
	PPROF_INTERVAL,
};

/* profile.proto (github.com/google/pprof, proto/profile.proto), compressed by gzip; `size` bytes
 * to be freed. */
unsigned char *pprof_encode(const struct stacks *stacks, enum pprof_kind kind, size_t *size);

/* "outer;inner 12" a line (Brendan Gregg's stackcollapse); of two snapshots "outer;inner 12 14",
 * as his difffolded.pl. */
void folded_write(FILE *file, const struct stacks *stacks, enum stacks_figure figure);

/* speedscope's own format: https://www.speedscope.app/file-format-schema.json. One profile for
 * each figure. */
void speedscope_write(FILE *file, const struct stacks *stacks);

/* "Callgrind Format Specification" of Valgrind's manual. */
void callgrind_write(FILE *file, const struct stacks *stacks);

/* Rows as silt top's and silt diff's; RFC 4180, a first line with names. */
void csv_write(FILE *file, const struct statistics *statistics, bool difference);

/* -- of a run -- */

struct export_run {
	const struct series *series;
	struct profile_context *context;
	const struct blame *blame;
	const struct filter_list *filters;
};

/* massif.out as Valgrind's Massif writes it and ms_print reads it. */
void massif_write(FILE *file, const struct export_run *run);

/* DHAT's JSON, version 2, as Valgrind's dh_view.html reads it. */
void dhat_write(FILE *file, const struct export_run *run);

#endif
