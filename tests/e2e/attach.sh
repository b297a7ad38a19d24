#!/usr/bin/env bash
# silt attach and detach: a process that runs is recorded from then on, and again is not, and notices neither.
. "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ]; then
	skip 'on x86-64 only'
	exit 0
fi

sleeps_in() { # PID NAME: it has begun to sleep in a system call after the C library's start
	grep -qE '^[0-9]+ ' "/proc/$1/syscall" && [ "$(readlink "/proc/$1/exe")" = "$(readlink -f "$2")" ]
}
start() { # NAME COMMAND...: in the background, its input a pipe that `tell NAME` writes to; its pid in $pid
	local name=$1
	shift
	mkfifo "$name.in"
	"$@" <"$name.in" >"$name.out" 2>"$name.err" &
	pid=$!
	exec {input}>"$name.in"
	inputs[$name]=$input
	wait_for sleeps_in "$pid" "$1"
}
tell() { echo >&"${inputs[$1]}"; }
declare -A inputs

# -- nobody wakes up early --
kinds='read poll epoll futex wait epoll-time select-time nanosleep nanosleep-until condition futex-time signal'
declare -A sleepers
failed_attach=
for kind in $kinds; do
	start "$kind" "$programs/sleeper" "$kind"
	sleepers[$kind]=$pid
	"$silt" attach -q -o sleepers "$pid" 2>>attach.err || failed_attach+=" $kind"
done
# A wait that is to go on is easily forgotten, and then ends with EINTR.
failed_again=
for _ in $(seq 10); do
	"$silt" detach -q "${sleepers[poll]}" 2>>attach.err || failed_again+=" detach"
	"$silt" attach -q -o sleepers "${sleepers[poll]}" 2>>attach.err || failed_again+=" attach"
done
equal 'also again and again' "$failed_again" ''
equal 'a process that sleeps in any call is attached to' "$failed_attach$(cat attach.err)" ''
for kind in $kinds; do
	case $kind in
	*-time | nanosleep* | condition | signal) ;;
	*)
		"$silt" detach -q "${sleepers[$kind]}" 2>>detach.err || echo "$kind" >>detach.err
		tell "$kind"
		;;
	esac
	wait "${sleepers[$kind]}"
	equal "a thread asleep in $kind sees nothing of it" "$(cat "$kind.out" "$kind.err")" "$kind: as asked"
done
equal 'and is detached from' "$(cat detach.err)" ''

# -- what is recorded --
start recorded "$programs/attached" "$programs/none.so" 0
state() { # what a process has
	ls "/proc/$1/task" | wc -l
	find "/proc/$1/fd" -mindepth 1 -printf '%f %l\n' | sort
	grep -E '^(Sig|Shd)(Blk|Ign|Cgt|Pnd)' "/proc/$1/status"
	ps -o pid= --ppid "$1"
}
before=$(state "$pid")
check 'attach says where the run is, and what is next' bash -c "'$silt' attach -o out -i 100ms --graph all $pid 2>said"
contains 'its run directory is named' "$(cat said)" "$pid is recorded in $work/out/attached.$pid; next:"
contains 'a second attach is refused' "$("$silt" attach -o out "$pid" 2>&1)" 'it is recorded already'
touch leak
check 'snap works' bash -c "'$silt' snap --graph $pid"
run=out/attached.$pid
# 4000 blocks and 40 lost ones of its own; what the C library, its threads and the library's loading have, beside.
site() { "$silt" "$1" "$run/$snapshot" --format json | jq "$2"; }
snapshot=$(basename "$("$silt" snap --graph "$pid")")
earlier='[.stats[] | select(.traceback[0].function == "[allocated before the attach]")][0]'
check 'blocks from before are on the books' jq -en "$(site top "$earlier.count") as \$n | \$n >= 4040 and \$n <= 4140"
bytes=$((2999 * 200 + 500000 + 1000 * 40 + 40 * 3000))
check 'with their bytes' jq -en "$(site top "$earlier.size") as \$n | \$n >= $bytes and \$n <= $bytes * 1.08"
lost=$(site lost '.totals | .direct_blocks + .cycle_blocks + .indirect_blocks')
check 'the lost ones are found among them, but for what a dead word on a stack still points to' \
	jq -en "$lost >= 37 and $lost <= 40"
check 'the heap graph has all of them' jq -en "$("$silt" dump "$run/$snapshot" | awk '/^graph/ { graph = 1 } graph && /^  blocks / { print $2; exit }') >= 4040"
contains 'and who holds the others' "$("$silt" holders "$run/$snapshot")" 'kept (global'
equal 'the snapshot says so' "$("$silt" dump "$run/$snapshot" | grep -c -E '^  (earlier 1|gaps 0)$')" 2
leaks() { "$silt" top "$run" --format json | grep -q leaks_after; }
check 'a block that is allocated later is recorded, with its call stack' wait_for leaks
check 'detach' "$silt" detach -q "$pid"
rm leak
equal 'what the process has is as before' "$(state "$pid")" "$before"
contains 'a second detach is refused' "$("$silt" detach "$pid" 2>&1)" 'not'
count=$(ls "$run" | wc -l)
contains 'a snapshot was taken at the detach' "$(for snapshot in "$run"/*.silt; do "$silt" top "$snapshot"; done)" \
	'request "detach"'
touch leak
check 'it is attached to again' "$silt" attach -q -o out -i off "$pid"
"$silt" snap "$pid" >/dev/null
equal 'that is another run' "$(ls "$run" | wc -l) $(compgen -G "$run.2/0001.silt")" "$count $run.2/0001.silt"
tell recorded
wait "$pid"
equal 'the process ends as it would' "$? $(cat recorded.out recorded.err)" '0 whole'
contains 'its end is the last snapshot' "$("$silt" top --at end "$run.2")" ' exit, '
rm leak

# -- every way to end --
for way in exit:4 quick_exit:7 _exit:5 abort:134 assert:134 thread:9; do
	status=${way#*:} way=${way%:*}
	start "$way" timeout -s KILL 60 "$programs/ends" "$way" wait
	wait_for pgrep -P "$pid"
	child=$(pgrep -P "$pid")
	wait_for sleeps_in "$child" "$programs/ends"
	"$silt" attach -q -o ends "$child" 2>>ends.err
	tell "$way"
	wait "$pid" 2>/dev/null
	equal "a program that is attached to ends as it would: $way" "$? $(ls ends/ends."$child"/0001.silt)" "$status ends/ends.$child/0001.silt"
done
equal 'all were attached to' "$(cat ends.err)" ''

# -- a program that is bound at fixed addresses, which takes that of malloc; an allocator that is not glibc's --
cat >bound.c <<'END'
#include <stdlib.h>
#include <unistd.h>
void *(*volatile allocate)(size_t) = malloc;
struct table { void *of[20000]; } *table;
__attribute__((noinline)) static void keep(int i) { table->of[i] = malloc(500); }
int main(void)
{
	table = allocate(sizeof *table);
	for (int i = 0; i < 20000; i++, usleep(2000))
		keep(i);
}
END
gcc -g -O1 -no-pie -fno-pie -x c bound.c -o bound
for allocator in '' $(ldconfig -p | grep -oE '/[^ ]*/(libjemalloc\.so\.2|libtcmalloc_minimal\.so\.4|libmimalloc\.so\.2)$'); do
	name=$(basename "${allocator:-glibc}")
	LD_PRELOAD=$allocator ./bound &
	pid=$!
	wait_for sleeps_in "$pid" bound
	"$silt" attach -q -o "bound.$name" "$pid"
	sleep 0.5
	snapshot=$("$silt" snap --graph "$pid")
	check "blocks of a program that is bound at fixed addresses are recorded ($name)" \
		jq -en "$("$silt" top --format json "$snapshot" | jq '[.stats[] | select(.traceback[0].function == "keep")][0].count // 0') >= 20"
	check "and none of them is called lost: a block from before leads to them ($name)" \
		jq -en "$("$silt" lost --format json "$snapshot" | jq '[.sites[] | select(.traceback[0].function == "keep") | .blocks] | add // 0') == 0"
	"$silt" detach -q "$pid"
	kill "$pid"
done

# -- one look --
start looked "$programs/attached" "$programs/none.so" 0
before=$(state "$pid")
check 'look' bash -c "'$silt' look -o looked $pid >seen"
contains 'says what the allocator has' "$(cat seen)" 'the allocator has '
contains 'who holds it' "$(cat seen)" 'kept (global'
contains 'what is lost' "$(cat seen)" 'lost directly 1'
equal 'and leaves the process as it was' "$(state "$pid")" "$before"
tell looked
wait "$pid"
equal 'which ends as it would' "$? $(cat looked.out looked.err)" '0 whole'

cat >large.c <<'END'
#include <stdlib.h>
#include <unistd.h>
struct node { struct node *next; char rest[40]; } *head;
int main(void)
{
	for (int i = 0; i < 2000000; i++) {
		struct node *node = malloc(sizeof *node);
		node->next = head;
		head = node;
	}
	for (;;)
		pause();
}
END
# With libpthread, which an attach brings before glibc 2.34, and which handles two signals.
gcc -g -x c large.c -o large -Wl,--no-as-needed -pthread
./large &
pid=$!
wait_for sleeps_in "$pid" large
before=$(state "$pid")
"$silt" look -o looked "$pid" >seen 2>&1 &
looking=$!
wait_for pgrep -P "$pid" -x silt-helper
kill -TERM $looking
wait $looking
status=$?
# A helper amid a graph of so many blocks is killed, and may have to wait for a processor until it is gone.
is_as_before() { [ "$(state "$pid")" = "$before" ]; }
wait_for is_as_before
equal 'a look that is interrupted leaves it as it was, too' "$status $(state "$pid")" "143 $before"
kill -9 "$pid"
wait "$pid" 2>/dev/null
mkfifo full
exec {unread}<>full
cat /dev/zero >full &
pid=$!
wait_for grep -q '^1 ' "/proc/$pid/syscall"
"$silt" attach -o unwanted --timeout 1000s "$pid" 2>/dev/null &
attaching=$!
wait_for pgrep -P $attaching
kill -9 $attaching
wait $attaching 2>/dev/null
nobody_attaches() { ! pgrep -f 'attach -o unwanted'; }
check 'no moment is looked for once nobody waits' wait_for nobody_attaches
kill -9 "$pid"
exec {unread}<&-

# -- a soak of a process that runs --
start soaked "$programs/attached" "$programs/none.so" 0
before=$(state "$pid")
touch leak
soaked=$("$silt" soak -o soaks --duration 12s --attach "$pid" --load 'echo at work' 2>soak.err)
equal 'its verdict' "$? $(tail -n 1 <<<"$soaked")" '1 silt soak: leaking'
rm leak
contains 'what leaks' "$soaked" 'leaks_after'
contains 'the load was run' "$(cat soak.err)" 'at work'
equal 'it goes on' "$(state "$pid")" "$before"
"$silt" soak -o soaks --duration 3s --allow-inconclusive --attach "$pid" >still 2>&1
equal 'a process that holds still is not said to leak' "$? $(grep -c ' leaking' still) $(kill -0 "$pid" && echo there)" '0 0 there'
(sleep 2 && tell soaked) &
got=$("$silt" soak -o soaks --duration 60s --attach "$pid" 2>&1)
contains 'one that ends' "$got" "process $pid ended by itself after "
wait "$pid"
equal 'ends as it would' "$? $(cat soaked.out soaked.err)" '0 whole'
bash -c 'sleep 3 & echo $! >child; exec sleep 1000' &
parent=$!
wait_for test -s child
got=$("$silt" soak -o soaks --duration 60s --attach "$(cat child)" 2>&1)
contains 'one that nobody reaps' "$got" "process $(cat child) ended by itself after "
kill $parent
contains 'with a program' "$("$silt" soak --attach 1 true 2>&1)" 'expected no program beside --attach'
contains 'with --stop' "$("$silt" soak --attach 1 --stop INT 2>&1)" 'leave out --stop'
contains 'no process to soak' "$("$silt" soak -o refused --attach 999999999 2>&1)" 'there is no such process'
equal 'nothing is left of it' "$(ls refused)" ''

# -- under load --
plugin=$(compgen -G "$programs/*_plugin.so" | head -n 1)
start loaded "$programs/attached" "$plugin" 3
refused=0
for _ in $(seq 6); do
	"$silt" attach -q -o loaded "$pid" || refused=$((refused + 1))
	"$silt" detach -q "$pid" || refused=$((refused + 1))
done 2>loaded.refused
equal 'attached to and detached from again and again' "$refused$(cat loaded.refused)" 0
# The process that traces is killed before each change that it makes to a thread, in turn.
is_untraced() { ! grep -q '^TracerPid:	[1-9]' "/proc/$pid/status" && kill -0 "$pid"; }
# What was under way comes to its end by itself.
is_recorded() { "$silt" snap "$pid"; }
is_detached() { "$silt" detach -q "$pid" || "$silt" detach "$pid" 2>&1 | grep -q 'it is not attached to'; }
killed_at() { # VARIABLE=NUMBER COMMAND...: true if the attacher was, and the process goes on
	env "$1" LD_PRELOAD="$programs/dies_plugin.so" "$silt" "${@:2}" -q "$pid" 2>/dev/null && return 1
	wait_for is_untraced && wait_for is_detached || harmed="killed at $1"
	[ -z "$harmed" ]
}
harmed="" changes=1 runs=1 looks=1
while killed_at "DIES_AT_CHANGE=$changes" attach -o killed; do changes=$((changes + 1)); done
wait_for is_detached
while killed_at "DIES_AT_RUN=$runs" attach -o killed; do runs=$((runs + 1)); done
wait_for is_detached
while killed_at "DIES_AT_LOOK=$looks" attach -o killed; do looks=$((looks + looks / 4 + 1)); done
for end in $(seq 2 9) 20 40; do
	killed_at "DIES_AT_$([ "$end" -lt 10 ] && echo CHANGE || echo LOOK)=$end" detach || break
	"$silt" attach -q -o killed "$pid" 2>>again
done
equal 'nor at any step of a detach' "$end$(cat again)" 40
equal 'an attacher that is killed at any step leaves nothing but what came to its end' "$harmed" ''
check "it was killed at many: $changes, $runs, $looks" test "$changes" -ge 9 -a "$runs" -ge 6 -a "$looks" -ge 20
check 'then it is recorded' wait_for is_recorded
check 'and detached from' "$silt" detach -q "$pid"
check 'a thread that stops late is released, and looked at again' env STOPS_LATE=1 LD_PRELOAD="$programs/dies_plugin.so" \
	"$silt" attach -q -o late --timeout 20s "$pid"
check 'and detached from, then' "$silt" detach -q "$pid"
is_suspended() { grep -q 'State:	T' "/proc/$pid/status"; }
resumed=""
for run in 1 3 4 6; do
	STOPS_AT_RUN=$run LD_PRELOAD=$programs/dies_plugin.so "$silt" attach -q -o stops "$pid" 2>>stops.err
	wait_for is_suspended || resumed+=" $run"
	kill -CONT "$pid"
	wait_for is_recorded && "$silt" detach -q "$pid"
done
equal 'a process that is stopped meanwhile stays stopped' "$resumed" ''
tell loaded
wait "$pid"
equal 'all of that did it no harm' "$? $(cat loaded.out loaded.err)" '0 whole'

# -- refusals --
contains 'no process' "$("$silt" attach 999999999 2>&1)" 'there is no such process'
contains 'no number' "$("$silt" attach x 2>&1)" 'expected the number of a process'
cat >confined.c <<'END'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *confine(void *ready)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {4, code};
	free(malloc(100));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		abort();
	close(*(int *)ready);
	for (;;)
		pause();
}
int main(void) /* its first thread waits in a call that is not interrupted */
{
	static char bytes[1 << 20];
	pthread_t thread;
	int ready[2], full[2];
	if (pipe(ready) || pipe(full) || pthread_create(&thread, NULL, confine, &ready[1]) || read(ready[0], bytes, 1))
		return 1;
	return write(full[1], bytes, sizeof bytes) < 0;
}
END
gcc -g -pthread -x c confined.c -o confined
./confined &
pid=$!
wait_for grep -q '^1 ' "/proc/$pid/syscall"
contains 'one with a filter of system calls in one thread' "$("$silt" attach "$pid" 2>&1)" 'seccomp'
check 'which goes on' kill -0 "$pid"
kill -9 "$pid"
wait "$pid" 2>/dev/null
start stopped "$programs/sleeper" read
kill -STOP "$pid"
wait_for grep -q 'State:	T' "/proc/$pid/status"
contains 'a stopped one' "$("$silt" attach "$pid" 2>&1)" 'it is stopped: kill -CONT'
kill -9 "$pid"
wait "$pid" 2>/dev/null
sh -c 'sleep 0 & exec sleep 1000' &
parent=$!
zombie() { zombie=$(pgrep -P $parent) && grep -q 'State:	Z' "/proc/$zombie/status"; }
wait_for zombie
zombie
contains 'a zombie' "$("$silt" attach "$zombie" 2>&1)" 'it has ended'
kill -9 $parent
if echo 'int pause(void); int main(void) { for (;;) pause(); }' |
	gcc -static -x c - -o statically 2>/dev/null; then
	./statically &
	wait_for sleeps_in $! statically
	contains 'a static program' "$("$silt" attach $! 2>&1)" 'it is statically linked'
fi
if echo 'int pause(void); int main(void) { for (;;) pause(); }' |
	gcc -fsanitize=address -x c - -o sanitized 2>/dev/null; then
	./sanitized &
	wait_for sleeps_in $! sanitized
	contains 'AddressSanitizer' "$("$silt" attach $! 2>&1)" 'AddressSanitizer'
fi
# Nothing is known against a program that may use malloc, whatever else it has: CPython has mimalloc.
echo '#include <stdlib.h>
#include <unistd.h>
const char *const volatile message = "mimalloc: ";
int main(void) { for (;;) { free(malloc(100)); pause(); } }' | gcc -x c - -o either && strip either
start either ./either
check 'an allocator without symbols beside malloc' "$silt" attach -q -o either.out "$pid"
check 'and it is detached from' "$silt" detach -q "$pid"
kill -9 "$pid"
wait "$pid" 2>/dev/null
# The library's file may have any name.
cp "$library" recorder.so
start named "$programs/attached" "$programs/none.so" 0
before=$(state "$pid")
check 'a library of another name' env SILT_LIBRARY="$PWD/recorder.so" "$silt" attach -q -o named "$pid"
check 'is detached from' "$silt" detach -q "$pid"
equal 'and leaves the process as it was' "$(state "$pid")" "$before"
check 'also again' env SILT_LIBRARY="$PWD/recorder.so" "$silt" attach -q -o named "$pid"
check 'and again' "$silt" detach -q "$pid"
tell named
wait "$pid"
