/*
 * Judges parts that are swept now and then, too seldom to say whether the floor rises: does each
 * sweep leave more?
 * Must not: add findings.
 */
#include "diagnose/facts.h"
#include "diagnose/parts.h"

#define SWEPT 0.25 /* share of the peak that a sweep frees, at least */
#define FEWEST 2   /* sweeps: one cannot be compared; */
#define MOST 3	   /* with more, survival.c judges what stays */
/* share of what the smaller sweep freed: each sweep leaves so much more than the one before */
#define RISES 0.2
#define LEAST_BLOCKS 16.0
#define ENDS_HIGHER 1.1 /* times any peak */

struct sweep {
	double peak, floor;
};

/* Stores the first MOST + 1 sweeps of a part, and returns their number. */
static size_t list_sweeps(const struct facts *facts, const struct part *part, struct sweep *sweeps)
{
	const double *old = part->old[0]; /* newer blocks did not exist at the sweep */
	double peak = old[facts->start], floor = peak;
	bool falling = false;
	size_t count = 0;

	for (size_t i = facts->start + 1; i < facts->end && count <= MOST; i++) {
		double now = old[i];

		if (falling && now > floor) {
			sweeps[count++] = (struct sweep){peak, floor};
			falling = false;
			peak = now;
		} else if (now < peak * (1 - SWEPT)) {
			falling = true;
			floor = now;
		} else if (now > peak) {
			peak = now;
		}
	}
	return count;
}

/* Returns true if more blocks are kept now than at any sweep, and each sweep left more. */
static bool ends_highest(const struct sweep *sweeps, size_t count, double last)
{
	for (size_t i = 0; i < count; i++)
		if ((i > 0 && sweeps[i].floor <= sweeps[i - 1].floor) ||
		    last < sweeps[i].peak * ENDS_HIGHER)
			return false;
	return true;
}

/* Returns true if each sweep leaves more, by far more than the time of the snapshot explains; of
 * two sweeps the peaks must rise, too. */
static bool each_leaves_more(const struct sweep *sweeps, size_t count, double last)
{
	for (size_t i = 1; i < count; i++) {
		double took = sweeps[i - 1].peak - sweeps[i - 1].floor,
		       takes = sweeps[i].peak - sweeps[i].floor;

		if (sweeps[i].floor - sweeps[i - 1].floor < RISES * (took < takes ? took : takes) ||
		    (count < MOST && sweeps[i].peak <= sweeps[i - 1].peak))
			return false;
	}
	return last > sweeps[count - 1].floor;
}

bool sweeps_leave_more(const struct facts *facts, uint32_t number)
{
	const struct part *part = &facts->parts->list[number];
	struct sweep sweeps[MOST + 1];
	size_t count = list_sweeps(facts, part, sweeps);
	double last = part->old[0][facts->end - 1], rise = facts_rise(facts, number);

	return rise >= LEAST_BLOCKS && count >= FEWEST && count <= MOST &&
	       sweeps[count - 1].floor - sweeps[0].floor >= LEAST_BLOCKS &&
	       (each_leaves_more(sweeps, count, last) || ends_highest(sweeps, count, last));
}
