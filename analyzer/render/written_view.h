/*
 * What a command says that it has written or sent: a line each, on standard output.
 */
#ifndef SILT_RENDER_WRITTEN_VIEW_H
#define SILT_RENDER_WRITTEN_VIEW_H

#include <stdint.h>

/* A file's path: on a terminal as utf8_print() prints it, for a script as it is. */
void written_view_print(const char *path);
/* How many profiles of a snapshot or a run were sent; 0: none. */
void written_view_print_sent(const char *path, uint64_t profiles);

#endif
