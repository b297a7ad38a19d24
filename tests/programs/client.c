/*
 * Uses all of <silt.h>. Without the library every call returns what the header says. Prints "with"
 * or "without" and returns 0 if all holds. Run by tests/e2e/record.sh, built in several ways.
 */
#include <errno.h>
#include <silt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

static __attribute__((noinline)) char *make(size_t size)
{
	return (char *)malloc(size);
}

static void without(void)
{
	uint64_t current = 1, peak = 1;
	void *frames[4];

	EXPECT(silt_snapshot("x") == ENOSYS);
	EXPECT(silt_traced_memory(&current, &peak) == ENOSYS && current == 0 && peak == 0);
	EXPECT(silt_reset_peak() == ENOSYS && silt_start() == ENOSYS && silt_stop() == ENOSYS);
	EXPECT(silt_clear_traces() == ENOSYS);
	EXPECT(silt_traceback_of(&current, frames, 4) == 0);
	EXPECT(silt_traceback_limit() == 0 && silt_overhead() == 0 && silt_iteration() == ENOSYS);
}

static void with(void)
{
	uint64_t before, current, peak;
	void *frames[4] = {NULL};
	char *first, *second;

	EXPECT(silt_traceback_limit() == 64 && silt_overhead() > 0 && silt_iteration() == 0);
	EXPECT(silt_traced_memory(&before, &peak) == 0 && peak >= before);
	first = make(1000000);
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == before + 1000000);
	free(first);
	EXPECT(silt_traced_memory(&current, &peak) == 0 && current == before &&
	       peak >= before + 1000000);
	EXPECT(silt_reset_peak() == 0);
	EXPECT(silt_traced_memory(&current, &peak) == 0 && peak == current);
	first = make(77);
	EXPECT(silt_traceback_of(first, frames, 4) >= 3 && frames[0] != NULL);
	EXPECT(silt_traceback_of(first + 1, frames, 4) == 0);
	EXPECT(silt_snapshot("middle") == 0);
	EXPECT(silt_clear_traces() == 0);
	EXPECT(silt_traced_memory(&current, &peak) == 0 && current == 0 && peak == 0);
	EXPECT(silt_traceback_of(first, frames, 4) == 0);
	second = make(500);
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == 500);
	free(first); /* forgotten: its end is not counted */
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == 500);
	EXPECT(silt_snapshot("cleared") == 0);
	EXPECT(silt_stop() == 0 && silt_is_tracing() == 0);
	first = make(900);
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == 0);
	free(second);
	EXPECT(silt_start() == 0 && silt_is_tracing() == 1);
	second = make(300);
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == 300);
	free(first);
	free(second);
	EXPECT(silt_traced_memory(&current, NULL) == 0 && current == 0);
}

int main(void)
{
	int tracing = silt_is_tracing();

	if (tracing)
		with();
	else
		without();
	fputs(tracing ? "with\n" : "without\n", stderr); /* unbuffered: no block of its own */
	return failures != 0;
}
