#!/usr/bin/env bash
# Programs that do what breaks preloaded libraries do the same under silt as without, and are recorded.
# TORTURE=long (make torture) does more of it.
. "$(dirname "$0")/lib.sh"

long=${TORTURE:-} limit=$([ -n "${TORTURE:-}" ] && echo 900 || echo 60)
count_of() { # RUN FUNCTION: blocks it ever allocated, in all processes of the run
	local sum=0 n
	for run in "$1"/*/; do
		n=$("$silt" top --by function --include "$2" --format json "$run" 2>/dev/null | jq '[.stats[].total_blocks] | add // 0')
		sum=$((sum + n))
	done
	echo $sum
}
# same NAME PROGRAM...: status, output and errors are those without silt, and every call stack is libunwind's (CHECKED=0: is not
# looked at).
same() {
	local name=$1
	shift
	timeout -k 5 $limit "$@" >native.out 2>native.err
	local status=$?
	if [ $status = 124 ]; then # a busy machine; how it is done under silt would say nothing then
		skip "$name" "it takes more than $limit s without silt"
		return
	fi
	rm -rf "run-$name"
	SILT_SELFCHECK=${CHECKED-1} timeout -k 5 $limit "$silt" run -i 50ms -o "run-$name" "$@" >silt.out 2>silt.err
	equal "$name: status" $? $status
	check "$name: output" cmp native.out silt.out
	check "$name: errors" cmp native.err silt.err
}

# -- signals that interrupt the allocator, handlers that jump out of it, threads that are cancelled in it --
export LD_PRELOAD=$programs/allocator_plugin.so # behind silt
for what in handlers jump timer cancel fork; do
	# libunwind holds a lock of its own with the C library's cancellation signal let in.
	CHECKED=$([ $what = cancel ] && echo 0 || echo 1) same "storm-$what" "$programs/storm" $what
	[ $what = handlers ] || [ $what = fork ] || equal "storm-$what: recording goes on" "$(count_of "run-storm-$what" kept_after)" 2000
done
# -- allocations that fail: each of the first N --
n=0
last=$([ -n "$long" ] && echo 400 || echo 60)
for at in $(seq 1 "$last") 1- 5- 17- 40-; do
	got=$(ALLOCATOR_FAIL=$at LD_PRELOAD=$library:$LD_PRELOAD SILT_OUT=failing timeout 20 "$programs/failing" 2>&1)
	case $?:$got in
	'0:none failed' | '0:some failed') n=$((n + 1)) ;;
	*) echo "    call $at: $? $got" ;;
	esac
done
equal "each of the first $last allocations fails, and all from some on: the program bears it" "$n" $((last + 4))
unset LD_PRELOAD
equal 'and its snapshots can be read' "$(for s in failing/*/*.silt; do "$silt" dump "$s" >/dev/null || echo bad; done)" ''

# -- phases of a process, threads by the thousand --
same phases "$programs/phases" "$programs/phases_plugin.so"
for phase in first_constructor:1 constructor:1 key_destructor:50 key_destructor_again:50 tls_destructor:50 atexit:1 on_exit:1 \
	destructor:1 plugin_constructor:3 plugin_destructor:3; do
	equal "phases: ${phase%:*}" "$("$silt" top --at end --by function --include "in_${phase%:*}" --format json run-phases |
		jq '[.stats[].total_blocks] | add // 0')" "${phase#*:}"
done
"$silt" run -o few "$programs/crowd" 5 >/dev/null
"$silt" run -o many "$programs/crowd" 100 >/dev/null
few=$(totals few overhead_bytes) many=$(totals many overhead_bytes)
equal "10,000 threads leave no more behind than 500 ($few, $many bytes)" "$((many < few + few / 4 + 1000000))" 1

# -- frames --
same frames "$programs/frames"
equal 'frames: none is incomplete' "$(totals run-frames tracebacks_failed)" 0
same coroutines "$programs/coroutines"
equal 'coroutines: blocks' "$(count_of run-coroutines from_coroutine)" 20000
equal 'coroutines: no call stack is incomplete' "$(totals run-coroutines tracebacks_failed)" 0
same stacks-left "$programs/coroutines" leave
equal 'stacks that are gone: blocks' "$(count_of run-stacks-left from_coroutine)" 1000
same stacks-shrink "$programs/coroutines" shrink
equal 'a stack of which half is gone: blocks' "$(count_of run-stacks-shrink from_coroutine)" 100
same generated-frames "$programs/generated" frames
equal 'generated code with a frame pointer is passed' "$(totals run-generated-frames tracebacks_failed)" 0
same generated-none "$programs/generated" none
LD_BIND_NOW=1 "$programs/coroutines" measure >native.use
LD_BIND_NOW=1 "$silt" run -o use "$programs/coroutines" measure >silt.use
# libsilt(7) promises these.
while read -r what bound; do
	use=$(($(awk "/^$what/ { print \$2 }" silt.use) - $(awk "/^$what/ { print \$2 }" native.use)))
	equal "an allocation takes at most $bound bytes of stack more ($what: $use)" "$((use <= bound))" 1
done <<END
plain 2048
signal 2048
hard 6144
END

# -- what is held when a program ends, jumps, forks without handlers, or loses the helper --
held() { # NAME TIMES COMMAND...: says "done" and ends well, each time
	local name=$1 times=$2 got n=0
	shift 2
	for _ in $(seq "$times"); do
		got=$(timeout -s KILL 20 "$@" </dev/null 2>&1 | grep -v '^silt: .* helper process has ended early$'; exit "${PIPESTATUS[0]}")
		[ "$?:$got" = 0:done ] && n=$((n + 1)) && continue
		echo "    $got"
		pkill -KILL -f "^$programs/held "
		break
	done
	equal "held: $name" "$n" "$times"
}
times=$([ -n "$long" ] && echo 50 || echo 3)
bare=(env "LD_PRELOAD=$library" SILT_OUT=held)
held 'frames for libunwind at 4000 places beside forks and graphs' 1 "$silt" run -i 5ms --graph all -o held "$programs/held" hard
held 'the same, the library alone' 1 "${bare[@]}" "$programs/held" hard
held 'children made by _Fork() while graphs are taken' 1 "$silt" run -i 10ms --graph all -o held "$programs/held" copies
held 'a helper that is killed while it writes' "$times" "$silt" run -i 1ms -o held "$programs/held" killed
held 'a helper that is killed in a graph' "$times" "$silt" run -i 1ms --graph all -o held "$programs/held" killed
held '_exit() in a handler that interrupted malloc' $((times * 5)) "$silt" run -i 10ms -o held "$programs/held" sudden
held '_exit() in one that interrupted silt_snapshot()' "$times" "$silt" run -o held "$programs/held" snapshot
held 'the same, the library alone' "$times" "${bare[@]}" "$programs/held" snapshot
held 'a jump out of silt_snapshot()' "$times" "$silt" run -o held "$programs/held" jump
held 'the same, the library alone' "$times" "${bare[@]}" "$programs/held" jump
held 'traces cleared beside snapshots' 1 "$silt" run -i 1ms -o held "$programs/held" clear
held 'the same, the library alone' 1 "${bare[@]}" "$programs/held" clear
held 'a fork in a handler that interrupted a pool' 1 "$silt" run -o held "$programs/held" pool-fork
held '_exit() in one that interrupted a pool' "$times" "$silt" run --graph all -o held "$programs/held" pool-exit
held 'the same while traces are cleared' "$times" "${bare[@]}" "$programs/held" clear-exit
held 'a constructor that waits for a thread which asks for handlers of fork' 1 "${bare[@]}" EARLY=ask \
	"$programs/held" load "$programs/early_plugin.so"
held "no system calls at all, and another thread's blocks freed" 1 "$silt" run -o held "$programs/held" strict-free
held 'no system calls at all' 1 "$silt" run -o held "$programs/held" strict
held 'an abort() that is survived' 1 "$silt" run -i 50ms -o aborted "$programs/held" abort
equal 'and snapshots go on' "$(($(find aborted -name '0*.silt' | wc -l) > 10))" 1
for allocator in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	if [ "$(LD_PRELOAD=$allocator "$programs/ends" return 2>&1)" ]; then
		skip "empty blocks of $allocator" 'it is not installed'
		continue
	fi
	env "LD_PRELOAD=$library:$allocator" SILT_OUT="empty-$allocator" "$programs/held" empty >/dev/null
	equal "empty blocks of $allocator are all taken off again" \
		"$("$silt" top --by function --include empty --format json "empty-$allocator" | jq '[.stats[].count] | add // 0')" 0
done

# -- names, paths, nothing --
mkdir 'with space'
long_name=$(printf 'a_very_long_name_%.0s' $(seq 400))
printf '#include <stdlib.h>\nvoid *kept; void %s(void); void %s(void) { kept = malloc(10); }\nint main(void) { %s(); return 0; }\n' \
	"$long_name" "$long_name" "$long_name" >long.c
gcc -g -O0 long.c -o 'with space/my binary'
"$silt" run -o 'out dir' './with space/my binary'
equal 'spaces in paths, a very long name' "$?:$("$silt" top --by function --format json 'out dir' | jq -r '.stats[0].key.function' | wc -c)" "0:6801"
printf 'int main(void) { return 0; }\n' >nothing.c
gcc nothing.c -o nothing
"$silt" run -o nothing.out ./nothing
equal 'a program that allocates nothing' "$?:$(totals nothing.out total_blocks)" 0:0

# -- plugins that come and go, threads, forks --
same churn "$programs/churn" "$programs/churn_plugin.so" 400
[ -n "$long" ] && CHECKED=0 same churn-long "$programs/churn" "$programs/churn_plugin.so" 10000
for what in stack global middle odd small kernel noncanonical code twice twice-large realloc-stack realloc-freed \
	realloc-odd usable; do
	(ulimit -c 0; "$programs/wild" $what) >native.out 2>native.err
	status=$?
	(ulimit -c 0; "$silt" run -o wild "$programs/wild" $what) >silt.out 2>silt.err
	equal "free and realloc of what is not theirs, as without silt: $what" "$?:$(cat silt.out silt.err)" \
		"$status:$(cat native.out native.err)"
done 2>/dev/null

# -- where programs go --
mkdir -m 777 there files
for out in "$work/absolute" relative; do
	"$silt" run -o "$out" -i 20ms "$programs/places" chdir "$work/there"
	equal "chdir, --out ${out##*/}" "$?:$(count_of "$out" kept_there)" 0:1
done
mkdir relative-bare
(cd relative-bare && SILT_OUT=out LD_PRELOAD=$library "$programs/places" chdir "$work/there")
equal 'chdir, SILT_OUT relative' "$(count_of relative-bare/out kept_there)" 1
"$silt" run -o close -i 10ms "$programs/places" close "$work/files" >message
equal 'all descriptors closed and used again' "$?:$(cat message)" 0:
equal 'and its run goes on' "$(count_of close kept_there)" 1
rm -rf files
"$silt" run -o exec "$programs/places" exec 30
equal 'thirty execs in a row' "$?" 7
equal 'the last is recorded' "$(($(count_of exec kept_there) >= 1))" 1
"$silt" run -o limits -i 10ms "$programs/places" limits 2>message
equal 'no descriptors, no file may grow, little stack' "$?" 0
SILT_OUT=limits-bare LD_PRELOAD=$library "$programs/places" limits
equal 'the same with the library alone' "$?" 0
"$silt" run -o daemon -i 20ms "$programs/places" daemon "$work/daemon.done"
for _ in $(seq 200); do [ -s daemon.done ] && break; sleep 0.05; done
pid=$(cat daemon.done)
for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
equal 'a daemon is recorded' "$("$silt" top --by function --include kept_there --format json "daemon/places.$pid" |
	jq '.stats[0].total_blocks')" 1
if [ "$(id -u)" -eq 0 ]; then
	mkdir jail
	"$silt" run -o chroot -i 20ms "$programs/places" chroot "$work/jail"
	equal 'chroot, and another user' "$?:$(count_of chroot kept_there)" 0:1
	"$silt" run -o drop -i 20ms "$programs/places" drop
	equal 'privileges dropped' "$?:$(count_of drop kept_there)" 0:1
	chmod 711 "$work"
	mkdir -m 777 drop-bare
	SILT_OUT=$work/drop-bare LD_PRELOAD=$library "$programs/places" drop
	equal 'privileges dropped, the library alone' "$?:$(count_of drop-bare kept_there)" 0:1
	"$silt" run -o namespace -i 20ms "$programs/places" namespace
	status=$?
	if [ $status = 77 ]; then
		skip 'a clock that jumps' 'no time namespaces here'
	else
		equal 'a monotonic clock that jumps back by 5 s' "$status:$(count_of namespace kept_there)" 0:2
	fi
else
	skip 'chroot, another user, a clock that jumps' 'not root'
fi

# -- an auditor of the dynamic linker: the first allocation comes before the C library has its environment --
same auditor env "LD_AUDIT=$programs/audit_plugin.so" "$programs/throws"
equal 'auditor: recorded where it was told to' "$(find run-auditor -path '*/throws.*' -name 0001.silt | wc -l)" 1

# -- peers.md: the tests it names exist --
while read -r name; do
	[ -e "$top_dir/tests/programs/$name.c" ] || [ -e "$top_dir/tests/programs/$name.cc" ] || [ -e "$top_dir/tests/e2e/$name" ] ||
		[ -e "$top_dir/tests/unit/$name.c" ] || echo "$name"
done < <(sed -n 's/^|[^|]*|[^|]*|//p' "$top_dir/tests/peers.md" | grep -o '`[^`]*`' | tr -d '`' | sort -u) >missing
equal 'peers.md names tests that exist' "$(cat missing)" ''
