/*
 * Names the command line that settles an inconclusive run.
 * Must not: judge, print.
 */
#ifndef SILT_DIAGNOSE_NEXT_H
#define SILT_DIAGNOSE_NEXT_H

struct diagnosis;
struct facts;

/* Sets diagnosis->next, once verdict and notes are final. */
void next_find(const struct facts *facts, struct diagnosis *diagnosis);

#endif
