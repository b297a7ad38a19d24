/*
 * What `silt lost` shows: the blocks that nothing reaches any more, by call site, and the cycles
 * among them.
 */
#ifndef SILT_RENDER_LOST_VIEW_H
#define SILT_RENDER_LOST_VIEW_H

#include "render/choices.h"
#include "model/profile.h"

/* Prints it on standard output, as text or JSON (silt.lost/1). The snapshot of the profile has a
 * heap graph. */
void lost_view_print(const struct profile *profile, const struct options *options);

#endif
