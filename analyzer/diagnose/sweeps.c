/*
 * What is swept now and then, and was swept too seldom to say whether the floor rises.
 *
 * Facts: blocks of a line fall by a good part at once, two or three times in the time judged; each time more are left, by far more
 * than the moment of the snapshot makes, and the peaks rise, too. That may be a leak under a sweep, or a load that rises.
 * Traps: more sweeps are judged by what stays of each time (survival.c).
 */
#include "diagnose/facts.h"

#define SWEPT 0.25 /* of the peak, at least, goes at once */
#define FEWEST 2   /* sweeps: with one there is nothing to compare, */
#define MOST 3	   /* and with more what stays of them tells */
#define RISES 0.2  /* of what the smaller sweep took, at least, each leaves more than the one before */
#define LEAST_BLOCKS 16.0

struct sweep {
	double peak, floor;
};

/* The sweeps of a part, the first MOST + 1 of them; how many. */
static size_t list_sweeps(const struct facts *facts, const struct part *part, struct sweep *sweeps)
{
	const double *old = part->old[0]; /* what is newer was not there at the sweep */
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

static bool floors_rise(const struct facts *facts, const struct part *part)
{
	struct sweep sweeps[MOST + 1];
	size_t count = list_sweeps(facts, part, sweeps);
	double last = part->old[0][facts->end - 1], rise = parts_growth(facts->parts, part->points, false);

	if (rise < LEAST_BLOCKS || count < FEWEST || count > MOST)
		return false;
	for (size_t i = 1; i < count; i++) {
		double took = sweeps[i - 1].peak - sweeps[i - 1].floor,
		       takes = sweeps[i].peak - sweeps[i].floor;

		if (sweeps[i].floor - sweeps[i - 1].floor < RISES * (took < takes ? took : takes) ||
		    sweeps[i].peak <= sweeps[i - 1].peak)
			return false;
	}
	return sweeps[count - 1].floor - sweeps[0].floor >= LEAST_BLOCKS && last > sweeps[count - 1].floor;
}

void sweeps_note(struct facts *facts, struct diagnosis *diagnosis)
{
	uint32_t most = FACTS_NONE;

	for (uint32_t i = 0; i < facts->parts->count; i++) {
		const struct part *part = &facts->parts->list[i];

		if (!part->site_count || facts->found[i].grows || facts->found[i].used ||
		    !floors_rise(facts, part))
			continue;
		if (most == FACTS_NONE || part->points[facts->end - 1].bytes >
						  facts->parts->list[most].points[facts->end - 1].bytes)
			most = i;
	}
	if (most == FACTS_NONE)
		return;
	facts->swept_seldom = true;
	diagnosis_note(diagnosis,
		       "%swhat %s keeps was swept two or three times only, and each sweep left more: run it "
		       "longer to tell a floor that rises from a load that does",
		       diagnosis->count ? "" : "inconclusive: ", facts_function(facts, most));
}
