/*
 * Compares the growth of call sites in two runs: see run_growth.h.
 *
 * Method: after the warm-up, and without the snapshot that a program makes as it ends, each run is
 * divided into GROWTH_STRETCHES stretches of equally many snapshots. The growth of a call site per
 * unit of work in a stretch is one observation; stretches much longer than the period of a sawtooth
 * are nearly independent. The difference of the two means gets its 99.9% interval by Welch's
 * standard error and Student's t with 7 degrees of freedom, the fewest there can be, because
 * hundreds of sites are compared at once. A change whose interval contains 0 is not reported.
 */
#include "model/run_growth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "util/mem.h"

#define T_999 5.408	 /* Student's t, 7 degrees of freedom, two-sided 99.9% */
#define LEAST_BYTES 8192 /* growth over the new run that is worth reporting */

bool growth_side_counts_work(const struct growth_side *side)
{
	const struct series *series = side->series;

	return series->snapshots[side->last]->process.iterations >
	       series->snapshots[side->last / 3]->process.iterations;
}

bool growth_side_cut(struct growth_side *side, bool by_iterations)
{
	const struct series *series = side->series;
	size_t start = 0, end = side->last;

	while (start < end && series->seconds[start] < series->seconds[end] / 3)
		start++;
	if (end - start < GROWTH_STRETCHES)
		return false;
	for (size_t i = 0; i <= GROWTH_STRETCHES; i++) {
		side->at[i] = start + (end - start) * i / GROWTH_STRETCHES;
		side->work[i] = by_iterations
					? (double)series->snapshots[side->at[i]]->process.iterations
					: series->seconds[side->at[i]];
		if (i > 0 && side->work[i] <= side->work[i - 1])
			return false;
	}
	side->all_work = side->work[GROWTH_STRETCHES] - side->work[0];
	return true;
}

static struct growth_place *find(struct growth_side *side, const char *fingerprint)
{
	for (size_t i = 0; i < side->count; i++)
		if (strcmp(side->places[i].fingerprint, fingerprint) == 0)
			return &side->places[i];
	return NULL;
}

static bool changes(const struct growth_side *side, uint32_t site)
{
	uint64_t first = series_point(side->series, site, side->at[0]).bytes;

	for (size_t i = 1; i <= GROWTH_STRETCHES; i++)
		if (series_point(side->series, site, side->at[i]).bytes != first)
			return true;
	return false;
}

/* Leaves out sites that do not change. */
void growth_side_add_sites(struct growth_side *side)
{
	const struct series *series = side->series;

	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series_record(series, i, side->last);
		char fingerprint[FINGERPRINT_TEXT];
		struct growth_place *place;

		if (record == SERIES_NONE || !changes(side, i))
			continue;
		fingerprint_site(fingerprint, "", "", &side->profile->sites[record]);
		place = find(side, fingerprint);
		if (!place) {
			MEM_GROW(side->places, side->count, side->capacity);
			place = &side->places[side->count++];
			*place = (struct growth_place){.site = &side->profile->sites[record]};
			strcpy(place->fingerprint, fingerprint);
		}
		for (size_t k = 0; k < GROWTH_STRETCHES; k++)
			place->growth[k] +=
				((double)series_point(series, i, side->at[k + 1]).bytes -
				 (double)series_point(series, i, side->at[k]).bytes) /
				(side->work[k + 1] - side->work[k]);
	}
}

/* Returns the mean, and stores the variance of the mean. */
static double mean_of(const struct growth_place *place, double *variance)
{
	double mean = 0, squares = 0;

	*variance = 0;
	for (size_t i = 0; place && i < GROWTH_STRETCHES; i++)
		mean += place->growth[i] / GROWTH_STRETCHES;
	for (size_t i = 0; place && i < GROWTH_STRETCHES; i++)
		squares += (place->growth[i] - mean) * (place->growth[i] - mean);
	*variance = squares / (GROWTH_STRETCHES - 1) / GROWTH_STRETCHES;
	return mean;
}

static struct growth_comparison compare(const struct growth_place *base,
					const struct growth_place *new)
{
	struct growth_comparison comparison = {.base = base, .new = new};
	double base_variance, new_variance, error;

	comparison.base_rate = mean_of(base, &base_variance);
	comparison.new_rate = mean_of(new, &new_variance);
	error = T_999 * sqrt(base_variance + new_variance);
	comparison.low = comparison.new_rate - comparison.base_rate - error;
	comparison.high = comparison.new_rate - comparison.base_rate + error;
	return comparison;
}

const char *growth_claim(const struct growth_comparison *comparison, double work)
{
	double difference = fabs(comparison->new_rate - comparison->base_rate);

	if (difference * work < LEAST_BYTES || (comparison->low <= 0 && comparison->high >= 0))
		return NULL;
	return comparison->low > 0 ? "faster" : "slower";
}

static int compare_comparisons(const void *a, const void *b)
{
	const struct growth_comparison *x = a, *y = b;
	double i = x->new_rate - x->base_rate, j = y->new_rate - y->base_rate;

	return i < j ? 1 : i > j ? -1 : 0;
}

struct growth_comparison *growth_compare(struct growth_side *base, struct growth_side *new,
					 size_t *count)
{
	struct growth_comparison *list = mem_zeroed(base->count + new->count + 1, sizeof *list);

	*count = 0;
	for (size_t i = 0; i < new->count; i++) {
		struct growth_place *same = find(base, new->places[i].fingerprint);

		if (same)
			same->matched = true;
		list[(*count)++] = compare(same, &new->places[i]);
	}
	for (size_t i = 0; i < base->count; i++)
		if (!base->places[i].matched)
			list[(*count)++] = compare(&base->places[i], NULL);
	qsort(list, *count, sizeof *list, compare_comparisons);
	return list;
}

void growth_side_free(struct growth_side *side)
{
	profile_free(side->profile);
	if (side->context)
		profile_context_free(side->context);
	series_free(side->series);
	free(side->places);
}
