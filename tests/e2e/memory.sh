#!/usr/bin/env bash
# --memory: at the limit the program goes on as it would, what is not recorded is counted, and every report says so.
. "$(dirname "$0")/lib.sh"

cat >sites.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void **all;
static unsigned long sum;
static void right(unsigned path, int depth);
__attribute__((noinline)) static void left(unsigned path, int depth)
{
	if (depth == 0) {
		void **block = malloc(32 + path);
		block[0] = all;
		all = block;
		sum = sum * 31 + malloc(64 * 1024 > path ? 16 : 1) != NULL;
	} else if (path & 1)
		right(path >> 1, depth - 1);
	else
		left(path >> 1, depth - 1);
}
__attribute__((noinline)) static void right(unsigned path, int depth)
{
	if (depth == 0) {
		void **block = malloc(48 + path);
		block[0] = all;
		all = block;
		sum = sum * 17 + 1;
	} else if (path & 1)
		left(path >> 1, depth - 1);
	else
		right(path >> 1, depth - 1);
}
int main(int argc, char **argv)
{
	unsigned pause = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	for (unsigned i = 0; i < 100000; i++) {
		left(i, 17);
		if (i % 10000 == 0)
			usleep(pause);
	}
	unsigned count = 0;
	for (void **block = all; block; block = block[0])
		count++;
	while (all) {
		void **next = all[0];
		free(all);
		all = next;
	}
	printf("%u blocks, sum %lu\n", count, sum);
	return 0;
}
C
gcc -O1 -g -fno-builtin -fno-optimize-sibling-calls -w sites.c -o sites
expected=$(./sites)
equal 'goes on, the output is the same' "$("$silt" run --memory 8M -o out -- ./sites 2>&1)" "$expected"
equal 'without a limit every site is there' "$("$silt" run -o all -- ./sites >/dev/null; totals all/* tracebacks | awk '{ print ($1 > 100000) }')" 1
json=$("$silt" top --format json --limit 1 out/*)
equal 'the limit, and when it was reached' "$(jq '.totals | .memory_limit_bytes == 8388608 and .memory_reached_ns > 0' <<<"$json")" true
equal 'the loss is counted' "$(jq '.totals | .lost_records > 50000 and .lost_sites > 0 and .tracebacks > 5000 and .tracebacks < 100000' <<<"$json")" true
equal 'what is recorded adds up' "$(jq '.totals | .total_blocks - .freed_blocks == .live_blocks and .live_blocks < 100000' <<<"$json")" true
equal 'the limit is kept' "$(jq '.totals.overhead_bytes < 8388608 + 1048576' <<<"$json")" true
equal 'without one there is none' "$("$silt" top --format json all/* | jq -c '.totals | [.memory_limit_bytes, .memory_reached_ns, .lost_records]')" '[0,0,0]'
says='(--memory) was reached'
contains 'top says so' "$("$silt" top out/*)" "$says"
equal 'once' "$("$silt" top out/* | grep -c -- '--memory')" 1
"$silt" run --memory 2M -i 20ms -o series -- ./sites 40000 >/dev/null
contains 'diff says so' "$("$silt" diff series/*)" "$says"
report=$("$silt" report --warmup 0 series/*)
contains 'report says so' "$report" "$says"
contains 'its notes too' "$("$silt" report --warmup 0 --format json series/* | jq -r '.notes[]')" 'the limit of 2.0 MiB (--memory) was reached'
"$silt" check --warmup 0 series/* >check 2>&1
equal 'check does not call that clean' "$? $(grep -c clean check)" '3 0'

# One site, a large heap: the table of blocks is what grows.
cat >blocks.c <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	static void *blocks[1000000];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000000; i++)
			blocks[i] = malloc(64);
		for (int i = 0; i < 1000000; i++)
			if (round == 0 || i % 2)
				free(blocks[i]);
	}
	FILE *file = fopen("/proc/self/status", "r");
	for (char line[256]; fgets(line, sizeof line, file);) {
		long peak;
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			printf("%ld\n", peak);
	}
	return 0;
}
C
gcc -O1 -g -fno-builtin blocks.c -o blocks
alone=$(./blocks)
limited=$(SILT_MEMORY=4M SILT_OUT=$work/heap LD_PRELOAD=$library ./blocks)
unlimited=$(SILT_OUT=$work/heap.all LD_PRELOAD=$library ./blocks)
json=$("$silt" top --format json heap/*)
equal 'its table is limited too' "$((limited - alone < 4096 + 2048))" 1
equal 'else it is larger' "$((unlimited - alone > 4096 + 2048))" 1
equal 'blocks beyond are lost records' "$(jq '.totals | .lost_records + .total_blocks >= 2000000 and .live_blocks <= 500100 and .live_blocks > 10000' <<<"$json")" true

# Threads need room of their own.
cat >crowd.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static pthread_barrier_t barrier;
static void *once(void *unused)
{
	void *block = malloc(100);
	pthread_barrier_wait(&barrier);
	free(block);
	return unused;
}
int main(void)
{
	pthread_t ids[200];
	pthread_barrier_init(&barrier, NULL, 201);
	for (int i = 0; i < 200; i++)
		pthread_create(&ids[i], NULL, once, NULL);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 200; i++)
		pthread_join(ids[i], NULL);
	puts("done");
	return 0;
}
C
gcc -O1 -g -fno-builtin crowd.c -o crowd -pthread
equal 'more threads than there is room for' "$("$silt" run --memory 2M -o crowd.out -- ./crowd 2>&1)" 'done'
equal 'blocks of these are lost records' "$("$silt" top --format json crowd.out/* | jq '.totals | .lost_records > 0 and .live_blocks < 210')" true

"$silt" run --memory 1000K true 2>err
equal 'a limit that is too small' "$?:$(cat err)" '2:silt run: --memory 1000K: expected a size of at least 1M, or 0 for no limit'
SILT_MEMORY=x SILT_OUT=$work/bad LD_PRELOAD=$library /bin/true 2>err
equal 'a bad variable' "$?:$(cat err)" '0:silt: SILT_MEMORY=x: not a size such as 512K or 64M; ignored'
