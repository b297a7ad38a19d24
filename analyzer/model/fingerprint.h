/*
 * What a call site is known by across builds.
 */
#ifndef SILT_MODEL_FINGERPRINT_H
#define SILT_MODEL_FINGERPRINT_H

#include "model/profile.h"

#define FINGERPRINT_TEXT 17 /* 16 hexadecimal digits and a NUL */

/* FNV-1a, 64 bits, of `program`, and of the names of the functions from the blamed one
 * outwards, without those that were inlined (that is the optimizer's affair); a frame without a
 * name counts by its module. Where nothing has a name, and for a site of NULL, `otherwise`
 * counts too. */
void fingerprint_site(char text[FINGERPRINT_TEXT], const char *program, const char *otherwise,
		      const struct profile_site *site);

#endif
