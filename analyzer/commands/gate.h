/*
 * Judges many processes under a policy: what fails a gate, and what is excused.
 */
#ifndef SILT_COMMANDS_GATE_H
#define SILT_COMMANDS_GATE_H

#include "model/suppressions.h"
#include "render/gate.h"

struct baseline_entry {
	char fingerprint[FINGERPRINT_TEXT];
	double bytes_per_second; /* allowed */
	char *text;		 /* kind and function, for people */
	bool found;		 /* it was found this time, as fast or not */
};

struct policy {
	const char *command; /* in whose name errors are printed */
	double warmup;	     /* seconds; below 0: found by itself */
	char *fail_on;	     /* kinds, separated by commas; NULL: all */
	double min_rate;     /* bytes per second */
	double min_bytes;    /* of growth */
	double min_confidence;
	double max_growth; /* bytes of live heap after the warm-up, in one process; 0: no limit */
	bool allow_inconclusive;
	struct suppressions suppressions;
	const char *generate; /* "lsan" or "valgrind": suppressions of what fails go to `generated`; NULL */
	FILE *generated;
	struct baseline_entry *baseline;
	size_t baseline_count, baseline_capacity;
};

/* Judges the run directories at and below the operands. NULL after printing what is wrong. */
struct gate *gate_new(struct policy *policy, char **operands);
/* Something that is no finding but fails the gate too: status 2, unless there are findings. */
void gate_add_error(struct gate *gate, const char *executable, const char *message);
void gate_free(struct gate *gate);

#endif
