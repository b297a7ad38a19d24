/*
 * Says how the process of a run ended, if the end has to do with a memory limit.
 * Must not: judge.
 */
#ifndef SILT_RENDER_ENDING_VIEW_H
#define SILT_RENDER_ENDING_VIEW_H

#include "model/series.h"
#include "render/json.h"

/* Returns a sentence, which the caller frees; NULL if the end has nothing to do with a memory
 * limit, or is unknown. */
char *ending_sentence(const struct series *series);
/* Writes the member "ended" of a report; nothing where ending_sentence() returns NULL. */
void ending_json(struct json *json, const struct series *series);

#endif
