/*
 * Prints what a command has written or sent: a line each, on standard output.
 */
#ifndef SILT_RENDER_WRITTEN_VIEW_H
#define SILT_RENDER_WRITTEN_VIEW_H

#include <stdint.h>

/* Prints the path of a file: on a terminal as utf8_print() prints it, otherwise byte for byte. */
void written_view_print(const char *path);
/* Prints how many profiles of a snapshot or a run were sent; `profiles` may be 0. */
void written_view_print_sent(const char *path, uint64_t profiles);

/* Prints the number of processes whose metrics were sent. */
void written_view_print_metrics(const char *path, uint64_t processes);

#endif
