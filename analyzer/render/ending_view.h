/*
 * How the process of a run came to its end, where that has to do with a limit of memory.
 * Must not: judge.
 */
#ifndef SILT_RENDER_ENDING_VIEW_H
#define SILT_RENDER_ENDING_VIEW_H

#include "model/series.h"
#include "render/json.h"

/* A sentence, to be freed; NULL: it did not end so, or nothing is known of it. */
char *ending_sentence(const struct series *series);
/* The member "ended" of a report; none where there is no sentence. */
void ending_json(struct json *json, const struct series *series);

#endif
