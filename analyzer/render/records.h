/*
 * The JSON objects that several commands share: frames, keys, snapshots (the schemas silt.top/1,
 * silt.diff/1).
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_RECORDS_H
#define SILT_RENDER_RECORDS_H

#include "model/statistics.h"
#include "render/json.h"

struct frame;
struct profile_site;
struct silt_graph;
struct snapshot;

/* One frame: {"function","file","line","module","address","inlined"}; what is unknown is null. */
void record_frame(struct json *json, const struct frame *frame);
/* "traceback": [..], "blamed": the index in it of the frame that the site is named by. */
void record_traceback(struct json *json, const struct profile_site *site);
/* {"function","file","line","module"}: what is not part of the key is null, the line 0. */
void record_key(struct json *json, const struct frame *frame, enum statistics_key key);
/* Which process and when. */
void record_snapshot(struct json *json, const char *name, const struct snapshot *snapshot);
void record_totals(struct json *json, const struct snapshot *snapshot);
/* "notes": why it may show less than there is; empty if it does not. */
void record_doubt(struct json *json, const struct snapshot *snapshot);
/* A site by its blamed frame: {"function","file","line","module","address","inlined"}. */
void record_site(struct json *json, const char *name, const struct profile_site *site);
/* How the heap graph was made. */
void record_graph(struct json *json, const struct silt_graph *graph);
const char *record_key_name(enum statistics_key key);

#endif
