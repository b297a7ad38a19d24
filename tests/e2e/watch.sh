#!/usr/bin/env bash
# silt watch in a real terminal (tmux) of 80x24: it shows a live process, obeys keys, and leaves the terminal as it was.
. "$(dirname "$0")/lib.sh"

if ! command -v tmux >/dev/null; then
	skip 'silt watch' 'there is no tmux'
	exit 0
fi
export LC_ALL=C.UTF-8
mux() {
	tmux -S "$work/mux" -f /dev/null "$@"
}
trap 'tmux -S "$work/mux" kill-server 2>/dev/null; finish' EXIT
shot() {
	mux capture-pane -p -t test
}
# Waits up to ten seconds until the screen has a text.
await() {
	for _ in $(seq 100); do
		shot | grep -qF -- "$1" && return 0
		sleep 0.1
	done
	shot
	return 1
}
keys() {
	mux send-keys -t test "$@"
	sleep 0.3
}
mux new-session -d -s test -x 80 -y 24 'env PS1="ready> " HISTFILE= bash --norc --noprofile -i'
check 'a shell' await 'ready>'

"$silt" run --graph all -i 100ms -o live -- "$samples/cache_unbounded" 2000 50 >/dev/null &
for _ in $(seq 100); do
	run=$(echo live/cache_unbounded.*)
	[ -e "$run/0012.silt" ] && break
	sleep 0.1
done
pid=${run##*.}
keys "stty -g >before; clear" Enter
keys "$silt watch $pid; echo status \$?; stty -g >after" Enter
check 'a process by its number' await "silt watch  cache_unbounded (pid $pid)  running"
check 'the line that grows' await 'cache_unbounded.c:39'
check 'the verdict so far' await 'leaking so far, 1 finding'
check 'the kind and the holder' await 'path: cache.buckets'
contains 'the first finding' "$(shot | sed -n 5p)" 'growing-cache: cache ('
equal 'lines of the screen' "$(shot | wc -l)" 24
contains 'the keys are in the last' "$(shot | tail -n 1)" 'F1 Help'
number() {
	shot | sed -n '1s/.*snapshot \([0-9]*\).*/\1/p'
}
first=$(number)
sleep 2
check 'it follows the process' [ "$(number)" -gt "$first" ]
keys p
check 'paused' await 'running, paused'
first=$(number)
sleep 1.5
equal 'a pause shows nothing newer' "$(number)" "$first"
keys p
keys s
check 'sorting' await 'F6 Sort:live'
keys g
check 'grouping' await 'By:function'
check 'functions' await 'page_render (cache_unbounded'
keys g g g
keys /
keys put
check 'typing a filter' await 'filter: put_'
keys Enter
check 'only what matches' bash -c '! grep -q page_ren' <<<"$(shot | sed -n '7,$p')"
keys / Escape
keys Enter
check 'the call stack' await 'call stack, innermost first'
check 'with main' await '  main'
keys x
keys F1
check 'help' await 'silt watch: keys'
keys x
keys t
check 'a snapshot' await 'snapshot: ok '
mux resize-window -t test -x 40 -y 10 2>/dev/null
sleep 0.5
check 'a small terminal' await 'silt watch  cache_unbounded'
mux resize-window -t test -x 80 -y 24 2>/dev/null
sleep 0.5
kill "$pid" 2>/dev/null
check 'the process ends, the screen stays' await "(pid $pid)  ended"
keys q
check 'the status' await 'status 0'
equal 'the terminal is as it was' "$(cat after)" "$(cat before)"
equal 'the shell is back, cursor and all' "$(mux display-message -p -t test '#{alternate_on} #{cursor_flag} #{keypad_flag}')" '0 1 0'
check 'nothing of the screen is left' bash -c '! grep -q "F1 Help"' <<<"$(shot)"

watcher() {
	pgrep -f "^$silt watch $run\$" | head -n 1
}
for number in TERM HUP INT SEGV ABRT; do
	rm -f after
	keys "clear" Enter
	keys "(ulimit -c 0; exec $silt watch $run); echo status \$?; stty -g >after" Enter
	await 'ended' >/dev/null
	kill -"$number" "$(watcher)"
	check "SIG$number ends it" await "status $((128 + $(kill -l $number)))"
	sleep 0.2
	equal "SIG$number: the terminal is as it was" "$(cat after)$(mux display-message -p -t test ' #{alternate_on} #{cursor_flag}')" "$(cat before) 0 1"
done
mkdir empty
keys 'clear' Enter
keys "$silt watch empty; echo status \$?" Enter
check 'a run without a snapshot' await 'waiting for its first snapshot'
keys q
check 'is left too' await 'status 0'

"$silt" watch "$run" >/dev/null 2>err </dev/null
equal 'no terminal' "$?:$(cat err)" '2:silt watch: needs a terminal; silt timeline and silt report print the same'
"$silt" watch 999999999 >/dev/null 2>err
equal 'no such process' "$?:$(cat err)" '2:silt watch: 999999999: no such process, or it is not recorded: silt attach does that'
"$silt" watch nothing >/dev/null 2>err
equal 'neither' "$?:$(cat err)" '2:silt watch: nothing: neither a run directory nor a process'
wait
