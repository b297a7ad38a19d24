/*
 * The callback of capture_dataset.c repaired: it keeps the number, not the data set.
 *
 * And the closures are called, five at a time, and dropped when they have been. silt should have
 * nothing to report.
 *
 * Usage: capture_number [ROUNDS] [MILLISECONDS PER ROUND]
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

static void dataset_free(struct dataset *dataset)
{
	free(dataset->values);
	free(dataset);
}

struct closure {
	struct closure *next;
	size_t (*call)(const struct closure *closure);
	size_t rows;
};

static struct closure *pending;

static size_t count_rows(const struct closure *closure)
{
	return closure->rows;
}

static void report_later(size_t rows)
{
	struct closure *closure = malloc(sizeof *closure);

	if (!closure)
		abort();
	closure->call = count_rows;
	closure->rows = rows;
	closure->next = pending;
	pending = closure;
}

static size_t report_now(void)
{
	size_t rows = 0;

	while (pending) {
		struct closure *closure = pending;

		rows += closure->call(closure);
		pending = closure->next;
		free(closure);
	}
	return rows;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	double means = 0;
	size_t rows = 0;

	for (int round = 0; round < rounds; round++) {
		struct dataset *dataset = dataset_load(round);

		means += dataset_mean(dataset);
		report_later(dataset->count);
		dataset_free(dataset);
		if (round % 5 == 4)
			rows += report_now();
		usleep((useconds_t)pause * 1000);
	}
	printf("%zu rows, mean of means %.3f\n", rows, rounds ? means / rounds : 0.0);
	return 0;
}
