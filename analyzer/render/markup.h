/*
 * Escapes text for HTML and XML.
 */
#ifndef SILT_RENDER_MARKUP_H
#define SILT_RENDER_MARKUP_H

#include <stdio.h>

/* Writes `text` as character data or an attribute's value (XML 1.0, 2.4; HTML, 13.1.4).
 * Characters that neither can hold become \xNN, see utf8.h. NULL writes nothing. */
void markup_text(FILE *file, const char *text);

#endif
