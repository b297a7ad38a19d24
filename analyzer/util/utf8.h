/*
 * What is UTF-8, and what may go to a terminal.
 */
#ifndef SILT_UTIL_UTF8_H
#define SILT_UTIL_UTF8_H

#include <stdbool.h>
#include <stdio.h>

/* Bytes of the well-formed UTF-8 sequence at `text` (RFC 3629), which a NUL ends; 0: it is not
 * well-formed. */
unsigned utf8_length(const unsigned char *text);
/* Is the sequence of that length one that a terminal may obey: C0, DEL, C1, line and paragraph
 * separators, what turns the direction of text? */
bool utf8_is_control(const unsigned char *text, unsigned length);
/* Prints text from a file or a program: control characters and what is not UTF-8 as \xNN, so that
 * no name can drive a terminal. */
void utf8_print(FILE *file, const char *text);
/* Text as utf8_print() prints it, to be freed. NULL: "". */
char *utf8_clean(const char *text);
/* Prints a line on standard error in the same way, and ends it. What a configuration file says may
 * be as hostile as a snapshot. */
void utf8_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
