/*
 * The parts that account_new() puts together: the lines about call sites, and the command to type
 * next.
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_ACCOUNT_PARTS_H
#define SILT_RENDER_ACCOUNT_PARTS_H

#include "render/account.h"

struct composing;
struct finding;
struct profile_site;

/* account_sites.c: adds the call sites that grow, and counts those that are not shown. Call stacks
 * that differ only in instructions of the same lines become one. */
void account_add_sites(struct account *account, const struct finding *finding);
/* Returns the callers of the blamed frame on one line, innermost first, whose text the caller
 * frees; without text if there are none. */
struct account_line account_callers(const struct profile_site *site);
/* Adds the frames of a call stack, innermost first. */
void account_add_stack(const struct profile_site *site, struct account_lines *stack);

/* account_next.c: returns the command that shows more of the finding, with the run as operand,
 * which the caller frees. */
char *account_next(const struct composing *c, const struct profile_site *site);

#endif
