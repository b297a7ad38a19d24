/*
 * A finding's account as lines of text: what silt report, silt check and JUnit show below the
 * headline.
 */
#ifndef SILT_RENDER_ACCOUNT_TEXT_H
#define SILT_RENDER_ACCOUNT_TEXT_H

#include <stdio.h>

#include "render/account.h"

/* A line, which on a terminal goes on below where it is longer than 100 columns, `used` of which
 * are behind us. */
void account_wrap(FILE *file, size_t used, const char *indent, const char *text);
/* Facts, call sites, evidence. `all`: not only the heaviest sites. */
void account_print(FILE *file, const struct account *account, const char *indent, bool all);
/* The callers in a line. */
void account_print_callers(FILE *file, const struct account *account, const char *indent);
/* Advice, and what to type next. */
void account_print_advice(FILE *file, const struct account *account, const char *indent);
/* All of it below the headline as one text without the last newline, to be freed. */
char *account_body(const struct account *account);

#endif
