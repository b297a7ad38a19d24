/*
 * Text within markup: HTML and XML.
 */
#ifndef SILT_RENDER_MARKUP_H
#define SILT_RENDER_MARKUP_H

#include <stdio.h>

/* Character data or an attribute's value (XML 1.0, 2.4; HTML, 13.1.4); what neither can hold
 * has become \xNN, see utf8.h. NULL: "". */
void markup_text(FILE *file, const char *text);

#endif
