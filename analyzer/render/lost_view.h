/*
 * Output of `silt lost`: the unreachable blocks by call site, and the cycles among them.
 */
#ifndef SILT_RENDER_LOST_VIEW_H
#define SILT_RENDER_LOST_VIEW_H

#include "render/choices.h"
#include "model/profile.h"

/* Prints them on standard output, as text or JSON (silt.lost/1). The snapshot of the profile
 * must have a heap graph. */
void lost_view_print(const struct profile *profile, const struct options *options);

#endif
