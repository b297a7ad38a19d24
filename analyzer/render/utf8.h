/*
 * What is UTF-8, and what may go to a terminal.
 * Called by render/.
 */
#ifndef SILT_RENDER_UTF8_H
#define SILT_RENDER_UTF8_H

#include <stdio.h>

/* Bytes of the well-formed UTF-8 sequence at `text` (RFC 3629), which a NUL ends; 0: it is none. */
unsigned utf8_length(const unsigned char *text);
/* Prints text from a file or a program: control characters and what is not UTF-8 as \xNN, so that no name can
 * drive a terminal. */
void utf8_print(FILE *file, const char *text);

#endif
