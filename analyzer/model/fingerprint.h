/*
 * What a call site is known by across builds.
 */
#ifndef SILT_MODEL_FINGERPRINT_H
#define SILT_MODEL_FINGERPRINT_H

#include "model/profile.h"

#define FINGERPRINT_TEXT 17 /* 16 hexadecimal digits and a NUL */

/* FNV-1a, 64 bits, of `program`, of the names of the functions from the blamed one outwards, and
 * of `what` is found there. Inlined functions count: with debug information they are the same
 * functions, inlined or not. A frame without a name counts by its module. */
void fingerprint_site(char text[FINGERPRINT_TEXT], const char *program, const char *what,
		      const struct profile_site *site);

#endif
