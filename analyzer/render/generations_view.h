/*
 * Output of `silt generations`: the survivors of each call site by the snapshot interval they were
 * born in.
 */
#ifndef SILT_RENDER_GENERATIONS_VIEW_H
#define SILT_RENDER_GENERATIONS_VIEW_H

#include "model/profile.h"
#include "render/choices.h"

/* Prints them on standard output, as text or JSON (silt.generations/1). */
void generations_view_print(const struct profile *profile, const struct options *options);

#endif
