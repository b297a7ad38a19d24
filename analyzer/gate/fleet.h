/*
 * What findings in many runs go with: a build, a version, a host, a folder, an argument of the
 * command line. It is said only where chance does not explain it: Fisher's exact test, at a level
 * that holds for all comparisons together (fisher.h).
 * Must not: claim a cause; a host that runs only the build that leaks is not told beside it.
 */
#ifndef SILT_GATE_FLEET_H
#define SILT_GATE_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

/* Something that a part of a program's runs have in common. */
struct fleet_value {
	/* "build", "version", "host", "folder", "argument", "without argument" */
	const char *key;
	/* as the run has it */
	char *text;
	/* of a folder: how far below the operand; from 1 */
	size_t depth;
	/* by fleet_program.runs */
	bool *has;
	size_t count;
	/* what exactly the same runs have in common, too: the first is in the list itself; NULL */
	struct fleet_value *same;
};

struct fleet_program {
	/* in gate.runs */
	size_t *runs;
	size_t run_count, run_capacity;
	size_t inconclusive, leaking;
	size_t builds, hosts;
	/* of more than one run, and not of all */
	struct fleet_value *values;
	size_t value_count, value_capacity;
};

struct fleet_association {
	const struct fleet_value *value;
	/* runs that could be judged: with the value, of these with the finding; without it */
	size_t with, with_hits, without, without_hits;
	/* as from one comparison */
	double probability;
};

#define FLEET_ASSOCIATIONS 3

/* As gate.findings. */
struct fleet_finding {
	/* runs of its program that have it or could be judged; of these those that have it */
	size_t judged, hits;
	struct fleet_association associations[FLEET_ASSOCIATIONS];
	size_t association_count;
};

struct fleet {
	const struct gate *gate;
	/* as gate.programs */
	struct fleet_program *programs;
	struct fleet_finding *findings;
	double level;
	/* by which the level is divided for each */
	size_t comparisons;
};

/* `operands`: as the gate was given them. The gate must outlive it. */
struct fleet *fleet_new(const struct gate *gate, char *const *operands, double level);
void fleet_free(struct fleet *fleet);

#endif
