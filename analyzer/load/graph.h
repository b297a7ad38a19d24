/*
 * Reads the sections of the heap graph of a snapshot file.
 * Must not: trust a number in the file.
 */
#ifndef SILT_LOAD_GRAPH_H
#define SILT_LOAD_GRAPH_H

#include "load/reader.h"
#include "load/snapshot.h"

/* Reads the sections into snapshot->graph. Returns false after an error. */
bool graph_sections_read(struct reader *reader, enum snapshot_extent extent);
/* Frees all but the summary and the threads. */
void graph_sections_shed(struct snapshot_graph *graph);
void graph_sections_free(struct snapshot_graph *graph);

#endif
