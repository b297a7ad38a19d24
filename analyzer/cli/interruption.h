/*
 * Puts off SIGINT, SIGTERM and SIGHUP until a command has cleaned up.
 * Must not: catch a signal that is ignored (nohup).
 */
#ifndef SILT_CLI_INTERRUPTION_H
#define SILT_CLI_INTERRUPTION_H

#include <stdbool.h>

/* Catches the signals. */
void interruption_begin(void);
/* A signal shuts this connection down, so that nobody waits for its answer; -1: none. Returns false
 * if a signal came before. */
bool interruption_of(int connection);
/* Has a signal come? */
bool interruption_came(void);
/* Catches the signals no more, and ends the process by the one that has come, if any. */
void interruption_end(void);

#endif
