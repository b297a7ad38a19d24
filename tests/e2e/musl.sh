#!/usr/bin/env bash
# Programs for musl: recording, call stacks through its functions, which have no unwind information, threads, fork, dlopen, signals, heap
# graphs; and programs of either C library that start those of the other.
. "$(dirname "$0")/lib.sh"
if ! command -v musl-gcc >/dev/null; then
	skip musl 'no musl-gcc'
	exit 0
fi
build() { # PROGRAM: with the index of unwind information that compilers for musl make
	musl-gcc -std=gnu11 -D_GNU_SOURCE -I"$top_dir/include" -O2 -g -fno-builtin -fno-optimize-sibling-calls \
		"$top_dir/tests/programs/$1.c" -o "$1" -pthread -Wl,--eh-frame-hdr "${@:2}" 2>"$1.err" || cat "$1.err"
}
for program in counts crowd forks host signals lost_cases grower; do
	build $program
done
build a_plugin -shared -fPIC
build b_plugin -shared -fPIC
run() { # NAME COMMAND...
	timeout -k 5 60 "$silt" run -o "out-$1" "${@:2}"
}

# -- recording --
expected=$(run counts ./counts 2>err)
equal 'silt run says nothing' "$(cat err)" ''
check 'counts per function' python3 "$top_dir/tests/e2e/compare_counts.py" "$silt" out-counts <<<"$expected"
expected=$(run crowd ./crowd)
equal 'threads come and go' "$("$silt" top --format json out-crowd | jq -r '"\(.totals.live_blocks) \(.totals.live_bytes)"')" "$expected"
equal 'plugins come and go' "$(run host ./host ./a_plugin ./b_plugin)" 500
for plugin in a b; do
	equal "blocks of plugin $plugin" \
		"$("$silt" top --format json --by function --include from_plugin_$plugin out-host | jq -c '.stats[0] | [.count, .size]')" \
		"$([ $plugin = a ] && echo '[250,277750]' || echo '[250,555500]')"
done
native=$(./forks)
equal 'children' "$(run forks ./forks):$(ls out-forks | wc -l)" "$native:$(("$("$silt" run -o forks-glibc "$programs/forks" >/dev/null; ls forks-glibc | wc -l)"))"

# -- call stacks --
cat >stacks.c <<'C'
#include <signal.h>
#include <stdlib.h>
#include <string.h>
static void *volatile kept[100];
static volatile int count;
__attribute__((noinline)) static void copy_one(void) { kept[count++] = strdup("one"); }
__attribute__((noinline)) static void copy_other(void) { kept[count++] = strdup("the other"); }
static int compare(const void *a, const void *b)
{
	if (!kept[50])
		kept[50] = malloc(77);
	return *(const int *)a - *(const int *)b;
}
__attribute__((noinline)) static void sort(void)
{
	int values[] = {3, 2, 1, 5, 4};
	qsort(values, 5, sizeof *values, compare);
}
static void on_signal(int number) { kept[number] = malloc(321); }
__attribute__((noinline)) static void interrupt(void) { raise(SIGUSR1); }
int main(void)
{
	signal(SIGUSR1, on_signal);
	copy_one();
	copy_other();
	sort();
	interrupt();
	return 0;
}
C
stack() { # SIZE RUN: functions of the program in the call stack of that block
	"$silt" top --at end --format json "$2" | jq -r --argjson size "$1" \
		'[.stats[] | select(.size == $size) | .traceback[].function | strings | select(test("copy|compare|sort$|on_signal|interrupt|main$"))] | unique | join(" ")'
}
for flags in '-fomit-frame-pointer' '-fno-omit-frame-pointer' '-O0'; do
	musl-gcc -g -O1 -fno-optimize-sibling-calls "$flags" stacks.c -o stacks -Wl,--eh-frame-hdr
	run "stacks$flags" ./stacks
	equal "strdup in one function ($flags)" "$(stack 4 "out-stacks$flags")" 'copy_one main'
	equal 'and in another' "$(stack 10 "out-stacks$flags")" 'copy_other main'
	contains 'called back by qsort' "$(stack 77 "out-stacks$flags")" 'compare main'
	equal 'in a signal' "$(stack 321 "out-stacks$flags")" 'interrupt main on_signal'
done

# -- the heap graph --
while read -r mode direct; do
	run "lost-$mode" --graph last -- ./lost_cases "$mode" >/dev/null 2>&1
	equal "lost: $mode" "$("$silt" lost --format json "out-lost-$mode" | jq .totals.direct_bytes)" "$direct"
done <<'END'
simple 1009
global_initialized 0
stack 0
joined_stack 1009
tls_static 0
tls_of_thread 0
tls_of_ended_thread 1009
specific 0
specific_second_level 0
large_lost 34603008
END
run graphs -i 50ms --graph all -- ./crowd >/dev/null
equal 'graphs while threads come and go' "$?" 0

# -- started by the dynamic linker itself --
loader=$(readelf -l counts | sed -n 's/.*interpreter: \(.*\)]/\1/p')
LD_PRELOAD=$library SILT_OUT=out-loader "$loader" "$PWD/counts" >loader.expected
equal 'the program ends as it would' $? 0
check 'and is recorded' python3 "$top_dir/tests/e2e/compare_counts.py" "$silt" out-loader <loader.expected

# -- snapshots by time --
run times -i 20ms -- ./grower 5 >/dev/null 2>&1
equal 'the helper writes snapshots' "$(($(ls out-times/*/ | wc -l) >= 2))" 1

# -- both C libraries --
printf '#include <stdlib.h>\nint main(void) { return system("sh -c true") == 0 && malloc(5) ? 7 : 1; }\n' >starts.c
musl-gcc -O0 starts.c -o starts
run of-musl ./starts
equal 'a program for musl starts one for glibc' $? 7
equal 'both are recorded' "$(ls out-of-musl | sed 's/\..*//' | sort -u | tr '\n' ' ')" 'sh starts '
run of-glibc sh -c './starts; exit $?' 2>err
equal 'a program for glibc starts one for musl' "$?:$(cat err)" '7:'
equal 'both are recorded' "$(ls out-of-glibc | sed 's/\..*//' | sort -u | tr '\n' ' ')" 'sh starts '

# -- threads that have ended and were not joined: musl has no list of them, and stacks without guard pages share a mapping --
cat >ended.c <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
static void *work(void *argument) { return argument; }
static void *last(void *argument) { return pause(), argument; }
int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	struct stat tasks;
	pthread_attr_init(&attributes);
	for (int i = 0; i < 40; i++) {
		pthread_attr_setguardsize(&attributes, i % 2 ? 4096 : 0);
		pthread_create(&thread, &attributes, i % 10 == 5 ? last : work, malloc(100));
	}
	while (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2 + 5)
		usleep(1000);
	return 0;
}
C
musl-gcc -g -O1 ended.c -o ended -pthread -Wl,--eh-frame-hdr
run ended --graph last -- ./ended
equal 'they are told from those that run' "$("$silt" dump out-ended | awk '$1 == "thread" { n[$6]++ } END { for (flags in n) all += n[flags]; print n[4], all }')" '36 41'
