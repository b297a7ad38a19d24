#!/usr/bin/env bash
# silt attach to a process that was attached to before with other settings, or that --only left out.
. "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ]; then
	skip 'on x86-64 only'
	exit 0
fi

trap '' PIPE
blocks=10048 # of each round of programs/rounds.c
begin() { # NAME [VARIABLE=VALUE...]: its pid in $pid
	mkfifo "$1.in"
	env "${@:2}" "$programs/rounds" <"$1.in" >"$1.out" 2>"$1.err" &
	pid=$! rounds=0 name=$1
	exec 5>"$1.in"
	wait_for sleeps
}
sleeps() { grep -qE '^[0-9]+ ' "/proc/$pid/syscall" && [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$programs/rounds")" ]; }
has_done() { [ "$(grep -c "done" "$name.out")" = "$rounds" ]; }
round() { # OPTION...: attaches, lets the program allocate, takes a snapshot, whose path is in $snapshot, and detaches
	"$silt" attach -q -o "runs.$name" -i off --graph never "$@" "$pid" 2>>"$name.attach"
	rounds=$((rounds + 1))
	echo >&5
	wait_for has_done
	snapshot=$("$silt" snap "$pid" 2>>"$name.attach")
	"$silt" detach -q "$pid" 2>>"$name.attach"
}
ends() {
	exec 5>&-
	wait "$pid"
	equal "it ends as it would ($name)" "$? $(cat "$name.err" "$name.attach")" '0 '
}
# What the program itself has allocated while it was recorded.
recorded() {
	"$silt" top --format json "$snapshot" |
		jq '[.stats[] | select(any(.traceback[]; .function | test("^(left|right|allocates_slowly)$"))) | .count] | add // 0'
}
estimated() { # within a tenth: ten standard deviations
	jq -en "$(recorded) as \$n | \$n > $blocks * 0.9 and \$n < $blocks * 1.1"
}

begin exact_first
round
equal 'all blocks, exactly' "$(recorded)" $blocks
round --sample 200
check 'then an estimate, by thousands of call stacks that had exact counters' estimated
check 'of a snapshot that is whole' "$silt" top "$snapshot"
round
equal 'then exactly again' "$(recorded)" $blocks
ends

begin sampled_first
round --sample 1G
round
equal 'no thread waits for the next sample of a recording that has ended' "$(recorded)" $blocks
round --sample 1G
round --sample 200
check 'nor when it is sampled more often' estimated
ends

begin left_out SILT_ONLY=another LD_PRELOAD="$library"
round
equal 'a program that --only left out can be attached to' "$(recorded)" $blocks
round
equal 'and again' "$(recorded)" $blocks
ends
