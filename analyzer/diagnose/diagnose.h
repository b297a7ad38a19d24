/*
 * Finds what leaks in a series of snapshots: few findings, and true ones.
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
	/* in seconds; below 0: found automatically */
	double warmup;
	/* units of work of the whole run; below 0: those that the program counted */
	double iterations;
	const struct blame *blame;
};

/* Judges a series. The series, and `context`, which keeps the names, must outlive the diagnosis.
 * Free with diagnosis_free(). */
struct diagnosis *diagnosis_new(const struct series *series, struct profile_context *context,
				const struct diagnosis_options *options);
void diagnosis_free(struct diagnosis *diagnosis);
/* Return the holders and the profile that findings refer to; diagnosis_holders() returns NULL if
 * there is no heap graph. */
const struct holders *diagnosis_holders(const struct diagnosis *diagnosis);
const struct profile *diagnosis_profile(const struct diagnosis *diagnosis);
/* Return the number of intervals judged after the warm-up, and the seconds they span. */
size_t diagnosis_intervals(const struct diagnosis *diagnosis);
double diagnosis_seconds(const struct diagnosis *diagnosis);

#endif
