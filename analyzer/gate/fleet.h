/*
 * Finds what the findings of many runs go with: a build, a version, a host, a folder, an argument
 * of the command line. Only what chance does not explain is reported: Fisher's exact test, at a
 * level that holds for all comparisons together (fisher.h).
 * Must not: claim a cause; report a host beside a build if the host runs only that build.
 */
#ifndef SILT_GATE_FLEET_H
#define SILT_GATE_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

/* A property that some runs of a program share. */
struct fleet_value {
	/* "build", "version", "host", "folder", "argument", "without argument" */
	const char *key;
	/* the value, as the run has it */
	char *text;
	/* of a folder: levels below the operand, from 1; else 0 */
	size_t depth;
	/* true for each run of fleet_program.runs that has the property */
	bool *has;
	size_t count;
	/* List of further properties of exactly the same runs; NULL: no more. Only the first
	 * property of the list is in fleet_program.values. */
	struct fleet_value *same;
};

struct fleet_program {
	/* indices in gate.runs */
	size_t *runs;
	size_t run_count, run_capacity;
	size_t inconclusive, leaking;
	size_t builds, hosts;
	/* properties of more than one run, but not of all */
	struct fleet_value *values;
	size_t value_count, value_capacity;
};

struct fleet_association {
	const struct fleet_value *value;
	/* Runs that could be judged: those with the property, and of these those with the
	 * finding; the same of runs without the property. */
	size_t with, with_hits, without, without_hits;
	/* of this comparison alone, not corrected for their number */
	double probability;
};

#define FLEET_ASSOCIATIONS 3

/* What the finding of the same index in gate.findings goes with. */
struct fleet_finding {
	/* runs of the finding's program that have the finding or could be judged; and those that
	 * have it */
	size_t judged, hits;
	struct fleet_association associations[FLEET_ASSOCIATIONS];
	size_t association_count;
};

struct fleet {
	const struct gate *gate;
	/* in the order of gate.programs */
	struct fleet_program *programs;
	struct fleet_finding *findings;
	double level;
	/* the significance level of one comparison is `level` divided by this */
	size_t comparisons;
};

/* Compares the runs of a gate, which must outlive the fleet. `operands`: those that the gate was
 * made from. Free with fleet_free(). */
struct fleet *fleet_new(const struct gate *gate, char *const *operands, double level);
void fleet_free(struct fleet *fleet);

#endif
