/*
 * Output of `silt explain`: the kinds of finding in words.
 */
#ifndef SILT_RENDER_EXPLAIN_VIEW_H
#define SILT_RENDER_EXPLAIN_VIEW_H

#include "diagnose/finding.h"

/* Print on standard output: one kind at length, or all kinds with a line each. */
void explain_view_print(enum finding_kind kind);
void explain_view_list(void);

#endif
