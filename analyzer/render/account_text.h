/*
 * Prints a finding's account as lines of text, as `silt report`, `silt check` and JUnit show it
 * below the headline.
 */
#ifndef SILT_RENDER_ACCOUNT_TEXT_H
#define SILT_RENDER_ACCOUNT_TEXT_H

#include <stdio.h>

#include "render/account.h"

/* Prints `text` and a newline. On a terminal, breaks lines longer than 100 columns at spaces;
 * continuation lines begin with `indent` and four spaces. `used`: columns already printed on the
 * first line. */
void account_wrap(FILE *file, size_t used, const char *indent, const char *text);
/* Prints facts, call sites and evidence. `all`: every fact and call site, not only the first
 * few. */
void account_print(FILE *file, const struct account *account, const char *indent, bool all);
/* Prints the callers on one line, and below them who frees blocks of the site. */
void account_print_callers(FILE *file, const struct account *account, const char *indent);
/* Prints the advice and the command to type next. */
void account_print_advice(FILE *file, const struct account *account, const char *indent);
/* Returns all that follows the headline as one text without the last newline; the caller frees
 * it. */
char *account_body(const struct account *account);

#endif
