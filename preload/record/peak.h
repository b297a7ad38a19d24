/*
 * The highest live bytes with their call stacks: as live bytes fall from a height that is a few
 * percent above the last one noted, the tallies of all call sites are copied, as of the moment
 * before the fall. A program that only climbs is never stopped for it.
 * Path: cold; what is hot is one comparison each time that a thread hands in its net
 * (counters_hand_in()). Threads: the one that frees makes the copy, one at a time; who writes
 * snapshots takes it. Memory: own pages, some 100 bytes a call site, for at most three copies,
 * within SILT_MEMORY.
 * Must not: open a descriptor in a thread of the program, wait for who writes a snapshot.
 *
 * Cost. Each copy is of live bytes at least PEAK_STEP above the one before: from a MiB to a GiB
 * there are 142 at most, however long the program runs. While copies have taken more than one part
 * in PEAK_SHARE of the time, only falls from PEAK_LEAP above it are copied.
 */
#ifndef SILT_PEAK_H
#define SILT_PEAK_H

#include "record/counters.h"

/* parts of the live bytes of the last copy, by which another is due above it */
#define PEAK_STEP 20u
#define PEAK_LEAP 4u
#define PEAK_SHARE 100u
/* live bytes below which there is no peak worth a copy: threads hand in 64 KiB at a time */
#define PEAK_LEAST (1l << 20)

struct peak {
	/* of this struct and the sums */
	size_t size;
	uint64_t live_bytes;
	/* of the moment */
	uint64_t ns, unix_ns, iterations;
	uint32_t generation;
	/* sums[1] to sums[site_count] */
	uint32_t site_count;
	struct counters_sum sums[];
};

/* From now on falls are looked at; what was noted before is forgotten. */
void peak_watch(void);
/* No longer: while counters are cleared, nobody sums them. */
void peak_ignore(void);
/* The copy that was made last, if it has not been taken yet, to be freed with peak_free() or given
 * back; NULL: none. */
struct peak *peak_take(void);
/* It could not be written: peak_take() gives it once more, unless there is a newer one by then. */
void peak_give_back(struct peak *peak);
void peak_free(struct peak *peak);

#endif
