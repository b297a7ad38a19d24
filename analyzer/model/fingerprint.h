/*
 * Identifies a call site across builds.
 */
#ifndef SILT_MODEL_FINGERPRINT_H
#define SILT_MODEL_FINGERPRINT_H

#include "model/profile.h"

#define FINGERPRINT_TEXT 17 /* 16 hexadecimal digits and a NUL */

/* Writes a fingerprint: FNV-1a, 64 bits, of `program`, of the names of the functions from the
 * blamed frame outwards, and of `what` is found there. Inlined functions are included: with
 * debug information they are the same functions whether inlined or not. A frame without a name
 * is represented by its module. */
void fingerprint_site(char text[FINGERPRINT_TEXT], const char *program, const char *what,
		      const struct profile_site *site);

#endif
