/*
 * Feeds the snapshot reader. Check sums are made right first, so that what lies behind them is
 * reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_snapshot(data, size, max_size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);
	struct snapshot_error error;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	snapshot_free(snapshot_parse("input", copy, size, &error));
	repair(copy, size);
	snapshot_free(snapshot_parse("input", copy, size, &error));
	free(copy);
	return 0;
}
