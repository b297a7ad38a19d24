/*
 * Composes the one sentence that says what a finding is.
 */
#ifndef SILT_RENDER_HEADLINE_H
#define SILT_RENDER_HEADLINE_H

#include "render/account.h"

struct diagnosis;
struct finding;
struct profile_context;
struct profile_site;

/* What an account is composed from. */
struct composing {
	const struct diagnosis *diagnosis;
	struct profile_context *context;
	const struct finding *finding;
	/* the name of a unit of work */
	const char *unit;
};

/* Returns the sentence, with the growth rate; the caller frees its text. */
struct account_line headline_compose(const struct composing *c);
/* Returns the heaviest call site; NULL if none is known. */
const struct profile_site *headline_site(const struct finding *finding);

#endif
