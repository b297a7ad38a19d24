/*
 * What the files that read the heap graph share: see graph.h.
 * Must not: be included by others.
 */
#ifndef SILT_LOAD_GRAPH_INSIDE_H
#define SILT_LOAD_GRAPH_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "load/reader.h"

/* Reads a number, which must be below `count`; otherwise stores an error that says `what`. */
uint32_t graph_below(struct reader_varints *v, uint64_t count, const char *what);
/* Reads a number + 1; 0 stands for UINT32_MAX. */
uint32_t graph_below_or_none(struct reader_varints *v, uint64_t count, const char *what);
/* Reads the number of a site. */
uint32_t graph_site(struct reader_varints *v);

/* Each reads one section into snapshot->graph, and returns false after an error. */
bool graph_read_threads(struct reader *reader);
bool graph_read_roots(struct reader *reader);
bool graph_read_holders(struct reader *reader);
bool graph_read_stacks(struct reader *reader);
bool graph_read_reaches(struct reader *reader);
bool graph_read_anchors(struct reader *reader);
bool graph_read_verdicts(struct reader *reader);
bool graph_read_fills(struct reader *reader);
bool graph_read_pins(struct reader *reader);
bool graph_read_codes(struct reader *reader);
bool graph_read_refcounts(struct reader *reader);
bool graph_read_counts(struct reader *reader);

#endif
