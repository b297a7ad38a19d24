#!/usr/bin/env bash
# Where blocks like those that stay are freed.
. "$(dirname "$0")/lib.sh"

run() {
	local out=$1 rounds=$2
	shift 2
	timeout -k 5 60 "$silt" run -q --graph all -o "$out" "$@" -- "$programs/departs" "$rounds" $mode
}
mode='' run plain 500 &
mode=threads run threads 500 &
mode='' run sampled 1500 --sample 2K &
mode=fork run fork 600 &
wait
# freed RUN FUNCTION: where blocks like those are freed that stay of FUNCTION: function, caller, how
freed() {
	"$silt" report --format json "$1" | jq -c --arg function "$2" \
		'[.findings[] | select(.sites[0].traceback[0].function == $function) | .freed_from[] | [.traceback[0:2][].function, .how]] | unique'
}
sum() {
	"$silt" report --format json "$1" | jq -c '.findings[] | select(.holder.symbol == "open_sessions") | [.freed_blocks, ([.freed_from[].blocks] | add)]'
}
equal 'by another caller of the same line' "$(freed plain session_open)" '[["session_close","on_disconnect","free"]]'
contains 'in words' "$("$silt" report plain | tr -s ' \n' ' ')" \
	'blocks of this line are freed by session_close < on_disconnect < close_all (1,'
contains 'who does not free' "$("$silt" report plain | tr -s ' \n' ' ')" 'that stay come from on_upgrade'
equal 'all freed blocks are shared out' "$(sum plain | jq -c '.[0] == .[1] and .[0] > 1500')" true
equal 'never freed' "$(freed plain write_log)" '[]'
contains 'never freed, in words' "$("$silt" report plain)" 'no block of this site was ever freed'
equal 'by threads that only free' "$(freed threads session_open)" '[["session_close","on_disconnect","free"]]'
equal 'with sampling' "$(freed sampled session_open)" '[["session_close","on_disconnect","free"]]'
# The list that keeps the sessions has elements that were not sampled.
equal 'with sampling what looks lost is possible only' \
	"$("$silt" report --format json sampled | jq -c '[.findings[] | select(.kind == "lost" and .confidence > 0.6)]')" '[]'

child=$(ls -d fork/* | sort -V | tail -1)
equal 'in a forked child' "$(freed "$child" session_open)" '[["session_close","on_disconnect","free"]]'
last() { find "$1" -name '*.silt' | sort | tail -1; }
contains 'realloc' "$("$silt" dump "$(last plain)" | grep '^freed')" ' realloc samples'
SILT_SELFCHECK=1 SILT_OUT=checked LD_PRELOAD=$library "$programs/departs" 300 >out 2>&1
equal 'stacks of frees are those of libunwind' "$(grep -c 'self-check: frame' out)" 0
contains 'on the page' "$("$silt" html plain -o page.html && grep -c 'Freed by' page.html)" 1
