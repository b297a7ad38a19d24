/*
 * The verdict on several processes together.
 * Must not: merge processes: each is judged by itself.
 */
#ifndef SILT_DIAGNOSE_WHOLE_H
#define SILT_DIAGNOSE_WHOLE_H

#include "diagnose/finding.h"

struct series;

/* When a process lived; times in seconds since 1970. */
struct whole_life {
	/* of the run directory and all others in the same place, so of one recording mostly */
	char *directory;
	uint32_t pid;
	double began, ended;
	/* the judged stretch began; 0: the process could not be judged */
	double judged_from;
	/* it ended by itself */
	bool ends;
	/* inconclusive, and nothing is held against it */
	bool may_be_brief;
	/* inconclusive, but ended by itself before the stretch in which another is judged: a part
	 * of the start-up, which is not judged in one process either. Set by whole_settle(). */
	bool brief;
};

struct whole {
	/* of all processes, in the order in which they were added */
	struct whole_life *lives;
	size_t life_count, life_capacity;
	/* processes that could be judged */
	uint64_t leaking, clean;
	/* processes of which too little is known */
	uint64_t inconclusive;
	/* processes of the start-up, which are not counted among the inconclusive */
	uint64_t brief;
	/* processes that allocated nothing, and so prove nothing */
	uint64_t idle;
	/* of the inconclusive: killed while their heap rose, or out of memory */
	uint64_t cut_short;
	/* processes that could write no snapshot */
	uint64_t unrecorded;
};

/* Returns true if nothing was allocated from the warm-up to the end of the series. Then the
 * absence of growth proves nothing. */
bool whole_is_idle(const struct series *series, size_t start, size_t end);

/* Counts one process by its verdict. `path`: its run directory. */
void whole_add(struct whole *whole, const char *path, const struct series *series,
	       const struct diagnosis *diagnosis);
/* Finds the processes of the start-up. Call it once, when all processes were added. */
void whole_settle(struct whole *whole);
/* Returns what helps if processes ended by themselves too soon to be judged, in a sentence that the
 * caller frees; NULL: there are none. */
char *whole_remedy(const struct whole *whole);
/* Frees what the whole contains. */
void whole_free(struct whole *whole);
/* Returns the verdict: leaking if one process leaks; clean only if all were recorded, none was
 * cut short, and at least half of those that worked beyond the start-up could be judged. */
enum diagnosis_verdict whole_verdict(const struct whole *whole);
/* Returns why the whole is inconclusive, or how many processes were judged, in a sentence; the
 * caller frees it. */
char *whole_sentence(const struct whole *whole);

#endif
