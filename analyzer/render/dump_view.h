/*
 * Output of `silt dump`: every record of a snapshot, for debugging.
 */
#ifndef SILT_RENDER_DUMP_VIEW_H
#define SILT_RENDER_DUMP_VIEW_H

#include "load/snapshot.h"

void dump_view_print(const struct snapshot *snapshot);

#endif
