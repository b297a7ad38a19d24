/*
 * Damaged snapshot files that are still worth reading: a fuzzer's inputs get past the check sums
 * and the table of sections. Called by fuzz_snapshot.c, fuzz_commands.c.
 */
#ifndef SILT_TESTS_FUZZ_REPAIR_H
#define SILT_TESTS_FUZZ_REPAIR_H

#include <stddef.h>

/* Makes the check sums right. */
void repair(unsigned char *data, size_t size);

/* libFuzzer's mutator. */
size_t LLVMFuzzerMutate(unsigned char *data, size_t size, size_t max_size);

/* Changes one section of a snapshot and puts the file together anew; now and then anything in
 * it. Returns the new size. */
size_t mutate_snapshot(unsigned char *data, size_t size, size_t max_size, unsigned seed);

#endif
