/*
 * Keeps the figures of a directory as a text that is ready whenever it is requested. A thread of
 * its own looks for new snapshots, so that a run that takes long to judge delays no request.
 * Must not: know who asks.
 */
#ifndef SILT_SERVE_EXPOSITION_H
#define SILT_SERVE_EXPOSITION_H

#include <stddef.h>

struct openmetrics_labels;

struct exposition;

/* Makes the first text, and starts a thread that makes it anew: every second, or with pauses of
 * four times what that takes. The thread prints on standard error what cannot be read, once
 * each. It runs as long as the program; `labels` must live as long. Returns NULL if no thread
 * can be started. */
struct exposition *exposition_start(const char *path, const struct openmetrics_labels *labels);
/* Returns a copy of the current text, which the caller frees. */
char *exposition_text(struct exposition *exposition, size_t *size);

#endif
