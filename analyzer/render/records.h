/*
 * Writes the JSON objects that several commands share: frames, keys, snapshots (the schemas
 * silt.top/1 and silt.diff/1).
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_RECORDS_H
#define SILT_RENDER_RECORDS_H

#include "model/statistics.h"
#include "render/json.h"

struct frame;
struct profile;
struct profile_site;
struct silt_graph;
struct snapshot;
struct snapshot_component;

/* Writes {"function","file","line","module","address","inlined"}; unknown members are null. */
void record_frame(struct json *json, const struct frame *frame);
/* Writes "traceback": [..], and "blamed": the index of the blamed frame in it. */
void record_traceback(struct json *json, const struct profile_site *site);
/* Writes "key": {"function","file","line","module"}. Members that are not part of the key are
 * null, the line 0. */
void record_key(struct json *json, const struct frame *frame, enum statistics_key key);
/* Writes which process the snapshot is of, and when it was taken. */
void record_snapshot(struct json *json, const char *name, const struct snapshot *snapshot);
void record_totals(struct json *json, const struct snapshot *snapshot);
/* Writes "notes": the reasons why the snapshot may show less than there is; empty if there are
 * none. */
void record_doubt(struct json *json, const struct snapshot *snapshot);
/* Writes the blamed frame of a site: {"function","file","line","module","address","inlined"}. */
void record_site(struct json *json, const char *name, const struct profile_site *site);
/* Writes how the heap graph was made. */
void record_graph(struct json *json, const struct silt_graph *graph);
/* Writes the pointers of a lost cycle: an array of {"from","offset","to"}. */
void record_triples(struct json *json, const char *name, const struct profile *profile,
		    const struct snapshot_component *component);
const char *record_key_name(enum statistics_key key);

#endif
