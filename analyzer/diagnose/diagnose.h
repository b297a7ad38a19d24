/*
 * From a series of snapshots to findings: few and true.
 * Must not: know what functions in a program are called, print.
 */
#ifndef SILT_DIAGNOSE_DIAGNOSE_H
#define SILT_DIAGNOSE_DIAGNOSE_H

#include "diagnose/finding.h"

struct blame;
struct holders;
struct profile;
struct series;

struct diagnosis_options {
	/* seconds; below 0: found by itself */
	double warmup;
	/* of the whole run; below 0: those the program has counted */
	double iterations;
	const struct blame *blame;
};

/* The series must outlive it; so must `context`, which keeps names. */
struct diagnosis *diagnosis_new(const struct series *series, struct profile_context *context,
				const struct diagnosis_options *options);
void diagnosis_free(struct diagnosis *diagnosis);
/* Holders and profiles that findings refer to. */
const struct holders *diagnosis_holders(const struct diagnosis *diagnosis);
const struct profile *diagnosis_profile(const struct diagnosis *diagnosis);
/* Intervals judged, after the warm-up; seconds they span. */
size_t diagnosis_intervals(const struct diagnosis *diagnosis);
double diagnosis_seconds(const struct diagnosis *diagnosis);

#endif
