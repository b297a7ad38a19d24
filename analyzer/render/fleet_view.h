/*
 * What silt fleet shows: programs, their findings, and what these go with.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_FLEET_VIEW_H
#define SILT_RENDER_FLEET_VIEW_H

#include <stddef.h>

struct fleet;

/* On standard output; `limit`: findings of each program. */
void fleet_text(const struct fleet *fleet, size_t limit);
/* The same as JSON, all findings: silt.fleet/1. */
void fleet_json(const struct fleet *fleet);

#endif
