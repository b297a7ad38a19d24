/*
 * Notes beside a result: names that may be wrong, allocators that are blamed, filters that left
 * nothing.
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_NOTES_H
#define SILT_RENDER_NOTES_H

#include "model/filter.h"
#include "model/profile.h"

struct blame;

/* Prints what impairs the names (modules that changed since the recording) on standard error, a
 * line each. */
void notes_print(struct profile_context *context);
/* Prints on standard error which of the blamed functions look like allocators. For people;
 * callers leave it out of JSON output. */
void notes_print_allocators(const struct profile *profile, const struct filter_list *filters,
			    const struct blame *blame);
/* Prints on standard output that there is nothing to show, and which filters left nothing.
 * `others`: the command's own filters that were given, in words; NULL: none. */
void notes_print_nothing(const struct filter_list *filters, const char *others);

#endif
