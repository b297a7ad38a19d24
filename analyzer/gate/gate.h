/*
 * Judges many processes under a policy: what fails the gate, and what is excused.
 * Must not: write in any format, compose the text of a finding.
 */
#ifndef SILT_GATE_GATE_H
#define SILT_GATE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/policy.h"
#include "model/fingerprint.h"

struct account;

#define GATE_ALTERNATES 3

/* A process that was judged. */
struct gate_run {
	/* the run directory */
	char *path;
	/* index in gate.programs */
	size_t program;
	/* "": unknown */
	char *host, *build_id, *version;
	/* the command line without the program itself */
	char **arguments;
	size_t argument_count;
	/* the verdict of the process is inconclusive */
	bool is_inconclusive;
};

struct gate_finding {
	/* name of the program */
	char *executable;
	const char *kind;
	/* function of the heaviest call site's blamed frame; NULL: unknown */
	char *function;
	/* its text, composed by policy.words */
	struct account *account;
	char fingerprint[FINGERPRINT_TEXT];
	/* fingerprints under which a baseline may have the same growth: see take_alternates() */
	char alternates[GATE_ALTERNATES][FINGERPRINT_TEXT];
	/* sums over the processes; of the confidence the highest */
	double confidence, growth_bytes, bytes_per_second;
	/* bytes per second in the process where it grows fastest */
	double fastest;
	uint64_t live_bytes;
	/* processes that have the finding */
	uint64_t processes;
	/* these processes, as ascending indices in gate.runs */
	size_t *runs;
	size_t run_count, run_capacity;
	/* why the finding does not fail the gate; NULL: it does */
	char *excused;
};

struct gate_program {
	char *executable;
	/* number of processes, and of those that are inconclusive */
	uint64_t runs, inconclusive;
	/* inconclusive because they could not be recorded */
	uint64_t unrecorded;
	/* inconclusive because they allocated nothing */
	uint64_t idle;
	/* inconclusive because they were only a part of the start-up, see whole.h */
	uint64_t brief;
	/* inconclusive because they were killed while they grew, or ran out of memory */
	uint64_t cut_short;
	/* too few processes could be judged */
	bool proves_nothing;
	/* why an inconclusive process is inconclusive; NULL: there is none */
	char *reason;
	/* sum over the processes at the last snapshot of each */
	uint64_t live_bytes;
	uint64_t recorder_first,
		/* bytes that libsilt.so itself used at the first and the last snapshot of each
		 * process */
		recorder_last;
};

struct gate {
	/* "check" or "soak" */
	const char *command;
	const struct gate_words *words;
	/* findings that fail the gate first, then by growth rate */
	struct gate_finding *findings;
	size_t finding_count;
	struct gate_program *programs;
	size_t program_count;
	struct gate_run *runs;
	size_t run_count;
	char **notes;
	size_t note_count;
	/* as the exit status: 0 clean, 1 findings, 2 error, 3 inconclusive */
	int status;
};

/* Judges the run directories at and below the operands. Returns NULL after printing an error.
 * Free with gate_free(). */
struct gate *gate_new(struct policy *policy, char **operands);
/* Adds a failure that is not a finding of a diagnosis. The status becomes 2, unless findings
 * fail the gate. */
void gate_add_error(struct gate *gate, const char *executable, const char *message);
/* Returns "clean", "leaking", "error" or "inconclusive". */
const char *gate_verdict(const struct gate *gate);
void gate_free(struct gate *gate);

#endif
