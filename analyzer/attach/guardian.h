/*
 * The attempt itself, in a process that nobody ends by accident: see attach.h.
 */
#ifndef SILT_ATTACH_GUARDIAN_H
#define SILT_ATTACH_GUARDIAN_H

#include "attach/attach.h"

/* Has `command` (enum silt_attach_command) done in the process. */
bool guardian_run(const struct attach_request *request, uint32_t command,
		  struct attach_answer *answer);

#endif
