/* Fisher's exact test: see fisher.h. */
#include "gate/fisher.h"

#include <math.h>
#include <stdlib.h>

static double log_choose(size_t n, size_t k)
{
	return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

static size_t most_hits(const struct fisher_table *table)
{
	return table->part < table->hits ? table->part : table->hits;
}

/* Returns the tail of the hypergeometric distribution from `from` hits on. */
static double tail(const struct fisher_table *table, size_t from)
{
	size_t misses = table->all - table->hits;
	double all = log_choose(table->all, table->part), sum = 0;

	for (size_t x = from; x <= most_hits(table); x++) {
		if (table->part - x > misses)
			continue;
		sum += exp(log_choose(table->hits, x) + log_choose(misses, table->part - x) - all);
	}
	return sum < 1 ? sum : 1;
}

double fisher_probability(const struct fisher_table *table)
{
	return tail(table, table->part_hits);
}

double fisher_least(const struct fisher_table *table)
{
	return tail(table, most_hits(table));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

size_t fisher_comparisons(double *least, size_t count, double level)
{
	size_t divisor = 1, testable = 0;

	if (count)
		qsort(least, count, sizeof *least, compare);
	for (; divisor < count; divisor++) {
		testable = 0;
		while (testable < count && least[testable] <= level / (double)divisor)
			testable++;
		if (testable <= divisor)
			break;
	}
	return divisor;
}
