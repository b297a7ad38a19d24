/*
 * Writes profiles in the formats that other programs read. silt-export(1) says which of silt's
 * figures each format has. One file a format.
 * Must not: apply a rule of diagnosis. The same snapshots give the same bytes.
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
	/* the state of `new` */
	PPROF_STATE,
	/* `new`, with `old` subtracted, as `pprof -diff_base` shows it */
	PPROF_DIFFERENCE,
	/* what was allocated since `old` (NULL: since recording began), and the state of `new` */
	PPROF_INTERVAL,
};

/* Encodes profile.proto (github.com/google/pprof, proto/profile.proto), compressed by gzip.
 * Returns `size` bytes, which the caller frees. */
unsigned char *pprof_encode(const struct stacks *stacks, enum pprof_kind kind, size_t *size);

/* Writes a line "outer;inner 12" for each stack (Brendan Gregg's stackcollapse); of two
 * snapshots "outer;inner 12 14", as his difffolded.pl writes it. */
void folded_write(FILE *file, const struct stacks *stacks, enum stacks_figure figure);

/* Writes speedscope's own format (https://www.speedscope.app/file-format-schema.json), with a
 * profile for each figure. */
void speedscope_write(FILE *file, const struct stacks *stacks);

/* Writes the "Callgrind Format Specification" of Valgrind's manual. */
void callgrind_write(FILE *file, const struct stacks *stacks);

/* Writes the rows of silt top or silt diff (`difference`) as RFC 4180, after a line with the
 * names of the columns. */
void csv_write(FILE *file, const struct statistics *statistics, bool difference);

/* -- formats of a whole run -- */

struct export_run {
	const struct series *series;
	struct profile_context *context;
	const struct blame *blame;
	const struct filter_list *filters;
};

/* Writes massif.out as Valgrind's Massif writes it and ms_print reads it. */
void massif_write(FILE *file, const struct export_run *run);

/* Writes DHAT's JSON, version 2, as Valgrind's dh_view.html reads it. */
void dhat_write(FILE *file, const struct export_run *run);

#endif
