/*
 * A callback that captured a large data set only to ask its length.
 *
 * Each report leaves a small closure in the global `pending`, which is right; the closure keeps the
 * whole data set of the report alive, which is not. silt diff names dataset_load; the kind is
 * `captured`: few blocks, many bytes, kept by the closure made in report_later. capture_number.c is
 * the repaired twin.
 *
 * Usage: capture_dataset [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct dataset {
	size_t count;
	double *values;
};

static struct dataset *dataset_load(int seed)
{
	struct dataset *dataset = malloc(sizeof *dataset);

	if (!dataset)
		abort();
	dataset->count = 32768 + (size_t)seed % 7;
	dataset->values = malloc(dataset->count * sizeof *dataset->values);
	if (!dataset->values)
		abort();
	for (size_t i = 0; i < dataset->count; i++)
		dataset->values[i] = (double)(i * (size_t)(seed + 1) % 1000);
	return dataset;
}

static double dataset_mean(const struct dataset *dataset)
{
	double sum = 0;

	for (size_t i = 0; i < dataset->count; i++)
		sum += dataset->values[i];
	return sum / (double)dataset->count;
}

struct closure {
	struct closure *next;
	size_t (*call)(const struct closure *closure);
	struct dataset *dataset;
};

static struct closure *pending;

static size_t count_rows(const struct closure *closure)
{
	return closure->dataset->count;
}

static void report_later(struct dataset *dataset)
{
	struct closure *closure = malloc(sizeof *closure);

	if (!closure)
		abort();
	closure->call = count_rows;
	closure->dataset = dataset;
	closure->next = pending;
	pending = closure;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	double means = 0;
	size_t rows = 0;

	for (int round = 0; round < rounds; round++) {
		struct dataset *dataset = dataset_load(round);

		means += dataset_mean(dataset);
		report_later(dataset);
		usleep((useconds_t)pause * 1000);
	}
	for (const struct closure *closure = pending; closure; closure = closure->next)
		rows += closure->call(closure);
	printf("%zu rows, mean of means %.3f\n", rows, rounds ? means / rounds : 0.0);
	return 0;
}
