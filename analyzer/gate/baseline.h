/*
 * The baseline of a gate: a file of known findings. Its functions print errors on standard error,
 * in the name of `command` or of the gate's command.
 */
#ifndef SILT_GATE_BASELINE_H
#define SILT_GATE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/fingerprint.h"

struct baseline_entry {
	char fingerprint[FINGERPRINT_TEXT];
	/* allowed growth rate of one process */
	double bytes_per_second;
	/* kind and function, for people */
	char *text;
	/* a finding of this check has this fingerprint */
	bool found;
};

struct baseline {
	/* NULL: the gate has no baseline */
	const char *path;
	struct baseline_entry *entries;
	size_t count, capacity;
};

struct gate;

/* Reads the file at `baseline->path`. With `is_rewritten` the file may be missing, and no entry
 * is read. Returns false after printing an error. */
bool baseline_read(struct baseline *baseline, const char *command, bool is_rewritten);
/* Returns the entry of a fingerprint; NULL if there is none. */
struct baseline_entry *baseline_find(const struct baseline *baseline, const char *fingerprint);
/* Writes the findings that fail the gate to the file, and excuses them. Returns false after
 * printing an error. */
bool baseline_update(const struct baseline *baseline, struct gate *gate);
/* Removes the entries that were not found from the file. Returns false after printing an error. */
bool baseline_prune(const struct baseline *baseline, const struct gate *gate);
void baseline_free(struct baseline *baseline);

#endif
