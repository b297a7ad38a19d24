/*
 * Checks UTF-8, and cleans text for a terminal.
 */
#ifndef SILT_UTIL_UTF8_H
#define SILT_UTIL_UTF8_H

#include <stdbool.h>
#include <stdio.h>

/* Returns the bytes of the well-formed UTF-8 sequence at `text` (RFC 3629), which ends with NUL;
 * 0: it is not well-formed. */
unsigned utf8_length(const unsigned char *text);
/* Returns true if a terminal may obey the sequence: C0, DEL, C1, line and paragraph separators,
 * characters that change the direction of text. */
bool utf8_is_control(const unsigned char *text, unsigned length);
/* Prints text from a file or a program, with control characters and what is not UTF-8 as \xNN,
 * so that no name can drive a terminal. */
void utf8_print(FILE *file, const char *text);
/* Returns text as utf8_print() prints it, which the caller frees. NULL gives "". */
char *utf8_clean(const char *text);
/* Prints a line on standard error in the same way. Even a configuration file may be hostile. */
void utf8_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
