#!/usr/bin/env bash
# Sampling: estimates within their standard errors of what is true, in the whole program and however a block came about.
. "$(dirname "$0")/lib.sh"

cat >known.c <<'C'
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT 20000
static void *kept[8][COUNT];
static void by_malloc(int i) { kept[0][i] = malloc(100); }
static void by_calloc(int i) { kept[1][i] = calloc(3, 50); }
static void by_realloc(int i) { kept[2][i] = realloc(malloc(10), 400); }
static void by_aligned(int i) { kept[3][i] = aligned_alloc(64, 128); }
static void by_memalign(int i) { if (posix_memalign(&kept[4][i], 32, 1000)) abort(); }
static void half_freed(int i) { kept[5][i] = malloc(300); if (i % 2) free(kept[5][i]); }
static void moved(int i) { kept[6][i] = malloc(64); if (i % 2) kept[6][i] = realloc(kept[6][i], 2000); }
static void empty(int i) { kept[7][i] = malloc(0); }
static void (*const makers[8])(int) = {by_malloc, by_calloc, by_realloc, by_aligned, by_memalign, half_freed, moved, empty};

static void *work(void *argument)
{
	int part = *(int *)argument;

	for (int i = part; i < COUNT; i += 2)
		for (int m = 0; m < 8; m++)
			makers[m](i);
	return NULL;
}

int main(void)
{
	int parts[2] = {0, 1};
	pthread_t other;

	pthread_create(&other, NULL, work, &parts[1]);
	work(&parts[0]);
	pthread_join(other, NULL);
	return 0;
}
C
gcc -O1 -g -fno-builtin -fno-optimize-sibling-calls -pthread known.c -o known
"$silt" run -o exact ./known
cat >compare.py <<'PY'
import json, subprocess, sys
silt, names = sys.argv[1], "by_malloc by_calloc by_realloc by_aligned by_memalign half_freed moved empty".split()
def stats(run):
    out = json.loads(subprocess.run([silt, "top", "--by", "function", "--limit", "0", "--format", "json", run], capture_output=True, text=True).stdout)
    return {s["key"]["function"]: s for s in out["stats"]}, out["totals"]
exact, exact_totals = stats("exact")
sums, errors, live_errors, worst = {n: 0 for n in names}, 0, 0, 0
z = []
runs = int(sys.argv[2])
for i in range(runs):
    found, totals = stats(f"sampled{i}")
    assert totals["live_blocks"] == totals["total_blocks"] - totals["freed_blocks"]
    for name in names:
        s = found.get(name, {"size": 0, "count": 0})
        if name != "moved":  # sizes of 64 and 2000 at one function are two sites, and two functions in none
            if s["count"]:
                z.append((s["count"] - exact[name]["count"]) / s["count_standard_error"])
    worst = max(worst, abs(totals["live_bytes"] / exact_totals["live_bytes"] - 1))
mean = sum(z) / len(z)
square = sum(x * x for x in z) / len(z)
print("few", len(z) < runs * 6)
print("mean of the errors, in standard errors of it", abs(mean) * len(z) ** 0.5 < 5)
print("squares of the errors, in standard errors", 0.4 < square < 2.2)
print("no error is far out", max(abs(x) for x in z) < 8)
print("all bytes", worst < 0.2)
PY
for i in $(seq 0 7); do
	"$silt" run --sample 32K -o "sampled$i" ./known
done
mapfile -t results < <(python3 compare.py "$silt" 8 2>&1)
equal 'the sites are there' "${results[0]}" 'few False'
for i in 1 2 3 4; do
	equal "${results[i]% *}" "${results[i]##* }" True
done
equal 'top: +- and standard errors' "$("$silt" top --limit 1 sampled0 | grep -c ': size=.* +-')" 1
"$silt" run --sample 32K -i 20ms -o both -- "$samples/cache_unbounded" 20 20 >/dev/null
json=$("$silt" diff --format json both)
equal 'diff: standard errors' "$(jq '[.stats[] | select(.size > 0)][0] | .size_standard_error > 0 and .size_diff_standard_error >= .size_standard_error and
	.count_standard_error > 0 and has("count_diff_standard_error")' <<<"$json")" true
equal 'none where every block is recorded' "$("$silt" top --format json exact | jq '.stats[0] | has("size_standard_error")')" false

# Under another allocator, whose blocks may lie closer together.
for other in /usr/lib/x86_64-linux-gnu/{libjemalloc.so.2,libtcmalloc_minimal.so.4,libmimalloc.so.2}; do
	if [ ! -e "$other" ]; then
		skip "$(basename "$other")" 'not installed'
		continue
	fi
	name=$(basename "$other" | cut -d. -f1)
	LD_PRELOAD=$library:$other SILT_SAMPLE=32K SILT_OUT=$work/$name ./known
	equal "$name" "$? $(totals "$name"/* live_bytes | awk '{ print ($1 > 38e6 && $1 < 70e6) }')" '0 1'
done
