/*
 * Output of `silt fleet`: programs, their findings, and the properties that the findings go with.
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_FLEET_VIEW_H
#define SILT_RENDER_FLEET_VIEW_H

#include <stddef.h>

struct fleet;

/* Prints on standard output at most `limit` findings of each program. */
void fleet_text(const struct fleet *fleet, size_t limit);
/* Prints all findings on standard output as JSON (silt.fleet/1). */
void fleet_json(const struct fleet *fleet);

#endif
