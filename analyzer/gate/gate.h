/*
 * Judges many processes under a policy: what fails a gate, and what is excused.
 * Must not: write in any format, or compose what a finding says.
 */
#ifndef SILT_GATE_GATE_H
#define SILT_GATE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/policy.h"
#include "model/fingerprint.h"

struct account;

#define GATE_OTHERS 3

/* A process that was judged. */
struct gate_run {
	/* the run directory */
	char *path;
	/* in gate.programs */
	size_t program;
	/* "": not known */
	char *host, *build_id, *version;
	/* what it was called with, without the program itself */
	char **arguments;
	size_t argument_count;
	/* its verdict is no proof either way */
	bool is_inconclusive;
};

struct gate_finding {
	/* path */
	char *executable;
	const char *kind;
	/* of the heaviest call site's blamed frame; NULL: unknown */
	char *function;
	/* what it says, by policy.words */
	struct account *account;
	char fingerprint[FINGERPRINT_TEXT];
	/* by which a baseline may know it, too: see take_others() */
	char others[GATE_OTHERS][FINGERPRINT_TEXT];
	/* sums over processes, the highest confidence */
	double confidence, growth_bytes, bytes_per_second;
	/* bytes per second of the process in which it grows most */
	double fastest;
	uint64_t live_bytes;
	/* that have it */
	uint64_t processes;
	/* the same, in gate.runs, in ascending order */
	size_t *runs;
	size_t run_count, run_capacity;
	/* why it does not fail the gate; NULL: it does */
	char *excused;
};

struct gate_program {
	char *executable;
	/* processes */
	uint64_t runs, inconclusive;
	/* of the inconclusive, those that could not be recorded */
	uint64_t unrecorded;
	/* of the inconclusive, those that allocated nothing */
	uint64_t idle;
	/* of the inconclusive, those that were ended while they grew, or for want of memory */
	uint64_t cut_short;
	/* too few of its processes could be judged */
	bool proves_nothing;
	/* why the last of these is inconclusive; NULL */
	char *reason;
	/* at the last snapshot of each */
	uint64_t live_bytes;
	uint64_t recorder_first,
		/* bytes of our own in them, at the first and the last snapshot of each */
		recorder_last;
};

struct gate {
	/* "check" or "soak" */
	const char *command;
	const struct gate_words *words;
	/* those that fail first, each group by rate */
	struct gate_finding *findings;
	size_t finding_count;
	struct gate_program *programs;
	size_t program_count;
	struct gate_run *runs;
	size_t run_count;
	char **notes;
	size_t note_count;
	/* 0 clean, 1 findings, 2 an error, 3 inconclusive */
	int status;
};

/* Judges the run directories at and below the operands. NULL after printing what is wrong. */
struct gate *gate_new(struct policy *policy, char **operands);
/* Something that is no finding but fails the gate too: status 2, unless there are findings. */
void gate_add_error(struct gate *gate, const char *executable, const char *message);
/* "clean", "leaking", "error" or "inconclusive" */
const char *gate_verdict(const struct gate *gate);
void gate_free(struct gate *gate);

#endif
