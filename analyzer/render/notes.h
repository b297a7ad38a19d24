/*
 * What is said beside a result: names that may be wrong, allocators that are blamed, filters that
 * left nothing.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_NOTES_H
#define SILT_RENDER_NOTES_H

#include "model/filter.h"
#include "model/profile.h"

struct blame;

/* Prints what impairs the names (modules that changed since) on standard error, a line each. */
void notes_print(struct profile_context *context);
/* Says on standard error which of the blamed functions look like allocators: for people, not for
 * machines. */
void notes_print_allocators(const struct profile *profile, const struct filter_list *filters,
			    const struct blame *blame);
/* Says on standard output that there is nothing to show, and which filters have left nothing.
 * `others`: those of the command's own that were given, as words; NULL: none. */
void notes_print_nothing(const struct filter_list *filters, const char *others);

#endif
