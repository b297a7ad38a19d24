#!/usr/bin/env bash
# Graphs of a program that is in the middle of things: it ends as without them, and no system call tells that it was stopped.
# TORTURE=long (make torture) does more of it; SECONDS_EACH (20) is how long each part of that takes.
. "$(dirname "$0")/lib.sh"

long=${TORTURE:-}

# -- everything at once --
"$programs/turmoil" "$programs/churn_plugin.so" >native.out
native=$?:$(cat native.out) ended=0 times=$([ -n "$long" ] && echo 50 || echo 2) busy=()
if [ -n "$long" ]; then
	for _ in 1 2; do
		(while :; do :; done) &
		busy+=($!)
	done
fi
for _ in $(seq "$times"); do
	rm -rf turmoil
	got=$(timeout -k 5 60 "$silt" run -i 50ms --graph all -o turmoil "$programs/turmoil" "$programs/churn_plugin.so")
	[ "$?:$got" = "$native" ] && ended=$((ended + 1)) || echo "    $?:$got"
done
[ -z "$long" ] || kill "${busy[@]}"
equal 'threads that load libraries, throw, fork, jump, switch stacks and take signals: it ends as without silt' "$ended" "$times"
