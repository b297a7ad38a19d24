/*
 * The one sentence that says what a finding is.
 */
#ifndef SILT_RENDER_HEADLINE_H
#define SILT_RENDER_HEADLINE_H

#include "render/account.h"

struct diagnosis;
struct finding;
struct profile_context;
struct profile_site;

/* What an account is composed of. */
struct composing {
	const struct diagnosis *diagnosis;
	struct profile_context *context;
	const struct finding *finding;
	/* what a unit of work is called */
	const char *unit;
};

/* With the rate; its text is the caller's to free. */
struct account_line headline_compose(const struct composing *c);
/* The heaviest call site; NULL: none is known. */
const struct profile_site *headline_site(const struct finding *finding);

#endif
