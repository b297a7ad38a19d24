/*
 * Sorts several processes by what is wrong with them, worst first.
 */
#ifndef SILT_DIAGNOSE_RANKING_H
#define SILT_DIAGNOSE_RANKING_H

#include "diagnose/finding.h"
#include "diagnose/whole.h"
#include "load/run_moment.h"
#include "model/recorded.h"

struct diagnosis_options;

struct ranking_line {
	/* index in the list of processes */
	size_t process;
	uint32_t pid;
	enum diagnosis_verdict verdict;
	bool idle;
	/* only a part of the start-up, see whole.h */
	bool brief;
	/* of its findings; if it has none, of its live heap after the warm-up */
	double bytes_per_second;
	/* its first note; NULL: none */
	char *reason;
};

struct ranking {
	struct ranking_line *lines;
	size_t count;
	struct whole whole;
};

/* Judges each process. Returns NULL after printing an error. */
struct ranking *ranking_new(const char *command, const struct recorded_list *list,
			    enum run_moment moment, const struct diagnosis_options *options);
void ranking_free(struct ranking *ranking);
/* Returns "leaking", "inconclusive", "clean", "idle" or "start-up". */
const char *ranking_verdict(const struct ranking_line *line);
/* Stores the worst process, after printing it on standard error. Returns false after printing an
 * error. */
bool ranking_choose(const char *command, const struct recorded_list *list, size_t *chosen);

#endif
