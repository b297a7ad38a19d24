/*
 * silt diff --runs: the growth of two runs, of different builds, per unit of work.
 *
 * Method: after the warm-up, and without the snapshot that a program makes as it ends, each run is cut into 8 stretches of as many
 * snapshots; the growth of a call site per unit of work in each is one observation (stretches much longer than a sawtooth's period
 * make these nearly independent). Of the difference of the two means the 99.9 % interval is taken, by Welch's standard error and
 * Student's t with 7 degrees of freedom, the fewest there can be: hundreds of sites are compared at once. What the interval does not
 * keep apart from 0 is not claimed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "commands/diff_runs.h"
#include "model/fingerprint.h"
#include "render/json.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

#define STRETCHES 8
#define T_999 5.408	 /* Student's t, 7 degrees of freedom, two-sided 99.9 % */
#define LEAST_BYTES 8192 /* of growth over the new run that is worth a word */

struct place {
	char fingerprint[FINGERPRINT_TEXT];
	const struct profile_site *site;
	double growth[STRETCHES]; /* bytes per unit of work */
	bool matched;
};

struct side {
	struct series *series;
	size_t last; /* snapshot that is compared */
	struct profile_context *context;
	struct profile *profile;
	double work[STRETCHES + 1], all_work; /* where the stretches begin and end; after the warm-up */
	size_t at[STRETCHES + 1];	      /* the snapshots there */
	struct place *places;
	size_t count, capacity;
};

struct comparison {
	const struct place *base, *new; /* NULL: not there */
	double base_rate, new_rate, low, high;
};

static bool open_side(struct side *side, const char *command, char *operand, const struct options *options)
{
	const struct snapshot *last;

	side->series = input_series(command, (char *[]){operand, NULL}, options->moment);
	if (!side->series)
		return false;
	side->last = series_usable(side->series, STRETCHES + 1) - 1;
	side->context = profile_context_new();
	last = series_whole(side->series, side->last);
	if (!last) {
		utf8_complain("%s: %s: the file is gone", command, side->series->snapshots[side->last]->path);
		return false;
	}
	side->profile = profile_new(side->context, last, &options->blame);
	return true;
}

static void close_side(struct side *side)
{
	profile_free(side->profile);
	if (side->context)
		profile_context_free(side->context);
	series_free(side->series);
	free(side->places);
}

static bool counts_work(const struct side *side)
{
	const struct series *series = side->series;

	return series->snapshots[side->last]->process.iterations >
	       series->snapshots[side->last / 3]->process.iterations;
}

/* False: too few snapshots after the warm-up, or no work between some of them. */
static bool cut(struct side *side, bool by_iterations)
{
	const struct series *series = side->series;
	size_t start = 0, end = side->last;

	while (start < end && series->seconds[start] < series->seconds[end] / 3)
		start++;
	if (end - start < STRETCHES)
		return false;
	for (size_t i = 0; i <= STRETCHES; i++) {
		side->at[i] = start + (end - start) * i / STRETCHES;
		side->work[i] = by_iterations ? (double)series->snapshots[side->at[i]]->process.iterations
					      : series->seconds[side->at[i]];
		if (i > 0 && side->work[i] <= side->work[i - 1])
			return false;
	}
	side->all_work = side->work[STRETCHES] - side->work[0];
	return true;
}

static struct place *find(struct side *side, const char *fingerprint)
{
	for (size_t i = 0; i < side->count; i++)
		if (strcmp(side->places[i].fingerprint, fingerprint) == 0)
			return &side->places[i];
	return NULL;
}

static bool changes(const struct side *side, uint32_t site)
{
	uint64_t first = series_point(side->series, site, side->at[0]).bytes;

	for (size_t i = 1; i <= STRETCHES; i++)
		if (series_point(side->series, site, side->at[i]).bytes != first)
			return true;
	return false;
}

/* Sites that do not change at all need no place. */
static void add_sites(struct side *side)
{
	const struct series *series = side->series;

	for (uint32_t i = 0; i < series->site_count; i++) {
		uint32_t record = series_record(series, i, side->last);
		char fingerprint[FINGERPRINT_TEXT];
		struct place *place;

		if (record == SERIES_NONE || !changes(side, i))
			continue;
		fingerprint_site(fingerprint, "", "", &side->profile->sites[record]);
		place = find(side, fingerprint);
		if (!place) {
			MEM_GROW(side->places, side->count, side->capacity);
			place = &side->places[side->count++];
			*place = (struct place){.site = &side->profile->sites[record]};
			strcpy(place->fingerprint, fingerprint);
		}
		for (size_t k = 0; k < STRETCHES; k++)
			place->growth[k] += ((double)series_point(series, i, side->at[k + 1]).bytes -
					     (double)series_point(series, i, side->at[k]).bytes) /
					    (side->work[k + 1] - side->work[k]);
	}
}

/* Mean, and the variance of the mean. */
static double mean_of(const struct place *place, double *variance)
{
	double mean = 0, squares = 0;

	*variance = 0;
	for (size_t i = 0; place && i < STRETCHES; i++)
		mean += place->growth[i] / STRETCHES;
	for (size_t i = 0; place && i < STRETCHES; i++)
		squares += (place->growth[i] - mean) * (place->growth[i] - mean);
	*variance = squares / (STRETCHES - 1) / STRETCHES;
	return mean;
}

static struct comparison compare(const struct place *base, const struct place *new)
{
	struct comparison comparison = {.base = base, .new = new};
	double base_variance, new_variance, error;

	comparison.base_rate = mean_of(base, &base_variance);
	comparison.new_rate = mean_of(new, &new_variance);
	error = T_999 * sqrt(base_variance + new_variance);
	comparison.low = comparison.new_rate - comparison.base_rate - error;
	comparison.high = comparison.new_rate - comparison.base_rate + error;
	return comparison;
}

/* "faster", "slower", or NULL: the noise allows no claim, or it is too little to be one. */
static const char *claim(const struct comparison *comparison, double work)
{
	double difference = fabs(comparison->new_rate - comparison->base_rate);

	if (difference * work < LEAST_BYTES || (comparison->low <= 0 && comparison->high >= 0))
		return NULL;
	return comparison->low > 0 ? "faster" : "slower";
}

static int compare_comparisons(const void *a, const void *b)
{
	const struct comparison *x = a, *y = b;
	double i = x->new_rate - x->base_rate, j = y->new_rate - y->base_rate;

	return i < j ? 1 : i > j ? -1 : 0;
}

static struct comparison *compare_all(struct side *base, struct side *new, size_t *count)
{
	struct comparison *list = mem_zeroed(base->count + new->count + 1, sizeof *list);

	*count = 0;
	for (size_t i = 0; i < new->count; i++) {
		struct place *same = find(base, new->places[i].fingerprint);

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

/* -- output -- */

static const struct frame *frame_of(const struct comparison *comparison)
{
	const struct profile_site *site = comparison->new ? comparison->new->site : comparison->base->site;

	return site->frames[site->blamed];
}

static void print_text(const struct comparison *list, size_t count, double work, const char *unit)
{
	size_t silent = 0;

	for (size_t i = 0; i < count; i++) {
		const char *verdict = claim(&list[i], work);
		const struct frame *frame = frame_of(&list[i]);
		char sizes[4][SIZE_TEXT];

		if (!verdict) {
			silent++;
			continue;
		}
		utf8_print(stdout, frame->function ? frame->function : frame->module ? frame->module : "?");
		if (frame->file) {
			fputs(" (", stdout);
			utf8_print(stdout, frame->file);
			printf(":%u)", frame->line);
		}
		printf(": grows %s: %s instead of %s per %s, difference %s to %s\n", verdict,
		       size_format(sizes[0], list[i].new_rate, true),
		       size_format(sizes[1], list[i].base_rate, true), unit,
		       size_format(sizes[2], list[i].low, true), size_format(sizes[3], list[i].high, true));
	}
	printf("%zu call sites changed otherwise, in both alike as far as the noise lets one tell\n", silent);
}

static void print_json(const struct comparison *list, size_t count, double work, const char *unit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.diff-runs/1");
	json_string(&json, "unit", unit);
	json_array(&json, "sites");
	for (size_t i = 0; i < count; i++) {
		const char *verdict = claim(&list[i], work);
		const struct frame *frame = frame_of(&list[i]);

		json_object(&json, NULL);
		json_string(&json, "fingerprint", (list[i].new ? list[i].new : list[i].base)->fingerprint);
		json_string(&json, "function", frame->function);
		json_string(&json, "file", frame->file);
		json_unsigned(&json, "line", frame->line);
		json_real(&json, "base", list[i].base_rate);
		json_real(&json, "new", list[i].new_rate);
		json_real(&json, "difference_low", list[i].low);
		json_real(&json, "difference_high", list[i].high);
		json_string(&json, "claim", verdict);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static int compare_sides(struct side *base, struct side *new, bool json)
{
	bool by_iterations = counts_work(base) && counts_work(new);
	const char *unit = by_iterations ? "iteration" : "second";
	struct comparison *list;
	size_t count;
	int status = 0;

	if (!cut(base, by_iterations) || !cut(new, by_iterations)) {
		fprintf(stderr,
			"silt diff: --runs: inconclusive: each run needs at least %d snapshots after the "
			"first third of "
			"its time, with work between them; let them run longer, or take snapshots more "
			"often\n",
			STRETCHES + 1);
		return 3;
	}
	add_sites(base);
	add_sites(new);
	list = compare_all(base, new, &count);
	for (size_t i = 0; i < count; i++) {
		const char *verdict = claim(&list[i], new->all_work);

		if (verdict && strcmp(verdict, "faster") == 0)
			status = 1;
	}
	(json ? print_json : print_text)(list, count, new->all_work, unit);
	free(list);
	return status;
}

int diff_runs(const char *command, char **operands, const struct options *options)
{
	struct side base = {0}, new = {0};
	int status = 2;

	if (open_side(&base, command, operands[0], options) && open_side(&new, command, operands[1], options))
		status = compare_sides(&base, &new, options->json);
	close_side(&base);
	close_side(&new);
	return status;
}
