/*
 * Makes the attempt in a process of its own: see attach.h.
 */
#ifndef SILT_ATTACH_GUARDIAN_H
#define SILT_ATTACH_GUARDIAN_H

#include "attach/attach.h"

/* Makes the process carry out `command` (enum silt_attach_command). Returns true on success, and
 * stores the result. */
bool guardian_run(const struct attach_request *request, uint32_t command,
		  struct attach_answer *answer);

#endif
