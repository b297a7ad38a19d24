/*
 * The baseline of a gate: findings that are known, in a file.
 * What is wrong is printed on standard error, in the name of `command`.
 */
#ifndef SILT_GATE_BASELINE_H
#define SILT_GATE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/fingerprint.h"

struct baseline_entry {
	char fingerprint[FINGERPRINT_TEXT];
	/* allowed */
	double bytes_per_second;
	/* kind and function, for people */
	char *text;
	/* it was found this time, as fast or not */
	bool found;
};

struct baseline {
	/* NULL: there is none */
	const char *path;
	struct baseline_entry *entries;
	size_t count, capacity;
};

struct gate;

/* Reads the file at `path`; with `is_rewritten` it may be missing, and nothing is read from it.
 * False after printing what is wrong. */
bool baseline_read(struct baseline *baseline, const char *command, bool is_rewritten);
/* The entry of a fingerprint; NULL: none. */
struct baseline_entry *baseline_find(const struct baseline *baseline, const char *fingerprint);
/* Writes what is found into the file, and takes it out of what fails. False after printing what is
 * wrong. */
bool baseline_update(const struct baseline *baseline, struct gate *gate);
/* Drops from the file what is no longer found. False after printing what is wrong. */
bool baseline_prune(const struct baseline *baseline, const struct gate *gate);
void baseline_free(struct baseline *baseline);

#endif
