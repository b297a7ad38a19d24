#!/usr/bin/env bash
# The helper, the stopper and the twin are killed, stopped, or refused a system call at one step after another; from some step on all are
# refused. The program goes on, ends with its own status in time, and leaves nobody behind. TORTURE=long: at a hundred steps.
. "$(dirname "$0")/lib.sh"

faults=$top_dir/build/tests/libsilt-faults.so
every=$([ -n "${TORTURE:-}" ] && echo 1 || echo 0)

# one WHO STEP WHAT: "good", "none" where there is no such step, or what went wrong
one() {
	local dir=$work/$1-$2-$3 start status took left
	mkdir "$dir"
	start=$(date +%s%N)
	SILT_FAULT=$1:$2:$3 SILT_FAULT_FIRED=$dir/fired SILT_OUT=$dir/out SILT_INTERVAL=20ms SILT_GRAPH=all SILT_SERVE=1 \
		LD_PRELOAD=$faults timeout -s KILL 20 "$programs/grower" 100 >/dev/null 2>"$dir/err"
	status=$?
	took=$((($(date +%s%N) - start) / 100000000))
	for _ in $(seq 100); do
		left=$(for pid in $(pgrep -x silt-helper; pgrep -x silt-twin); do
			[[ $(readlink "/proc/$pid/cwd") == "$dir"/* ]] && cat "/proc/$pid/stat"
		done)
		[ -z "$left" ] && break
		sleep 0.1
	done
	if [ $status != 0 ] || [ $took -gt 100 ] || [ -n "$left" ]; then
		echo "$1:$2:$3: status $status, $took tenths of a second, left: $left"
		pkill -KILL -f "^$programs/grower 100$" -P $$
	elif [ -e "$dir/fired" ]; then
		echo good
	else
		echo none
	fi
	rm -rf "$dir"
}

for who in helper stopper twin; do
	for what in kill stop 1 38 1+ 38+; do
		good=0 bad=
		case $every:$what in
		1:stop) steps=$(seq 1 31 700) ;;
		1:*) steps=$(seq 1 7 700) ;;
		*:stop) steps=60 ;;
		*:38 | *:38+) continue ;;
		*) steps='2 30 150' ;;
		esac
		for step in $steps; do
			got=$(one $who "$step" $what)
			case $got in
			good) good=$((good + 1)) ;;
			none) break ;;
			*) bad+="$got"$'\n' ;;
			esac
		done
		equal "$who, $what: the program goes on ($good steps)" "$bad" ''
		equal "$who, $what: there were steps" "$((good > 0))" 1
	done
done

# -- a snapshot that takes more than a minute and twice the limit of the graph --
if [ -n "${TORTURE:-}" ]; then
	SILT_FAULT=helper:60:stop SILT_FAULT_FIRED=$work/fired SILT_OUT=$work/minute SILT_INTERVAL=20ms SILT_GRAPH_LIMIT=1s SILT_SERVE=1 \
		LD_PRELOAD=$faults "$programs/spin" 90 &
	for _ in $(seq 100); do
		sleep 1
		[ -n "$(pgrep -x silt-helper -P $!)" ] || break
	done
	equal 'a helper that takes more than a minute is killed' "$([ -e fired ] && echo fired; pgrep -x silt-helper -P $!; kill -0 $! && echo 'the program runs')" \
		$'fired\nthe program runs'
	kill $!
	wait
fi
