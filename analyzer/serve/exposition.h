/*
 * The figures of a directory as a text that is there whenever it is asked for: a thread of its own
 * looks for what is new, so that a run that takes long to judge keeps nobody waiting.
 * Must not: know who asks.
 */
#ifndef SILT_SERVE_EXPOSITION_H
#define SILT_SERVE_EXPOSITION_H

#include <stddef.h>

struct openmetrics_labels;

struct exposition;

/* Looks for the first time, then whenever there can be something new: every second, or with
 * pauses of four times what it takes. What cannot be read is said on standard error, once. It
 * lives as long as the program, and so must the labels. NULL: no thread can be had. */
struct exposition *exposition_start(const char *path, const struct openmetrics_labels *labels);
/* What it is now, to be freed. */
char *exposition_text(struct exposition *exposition, size_t *size);

#endif
