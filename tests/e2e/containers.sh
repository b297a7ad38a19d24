#!/usr/bin/env bash
# Paths through standard containers are told by the containers' names, not by what the library has inside.
. "$(dirname "$0")/lib.sh"

# paths PROGRAM MODE VARIABLE: the paths from the variable to blocks that are many, in the order of the alphabet.
paths() {
	timeout -k 5 60 "$silt" run -q --graph last -o "$1.$2" -- "./$1" "$2" || return
	"$silt" holders --format json "$1.$2" | jq -r --arg variable "$3" \
		'[.holders[] | select(.symbol == $variable) | .paths[] | select(.blocks > 100) | .path] | unique | join(" ")'
}
ln -s "$programs/kept" kept
equal 'uthash' "$(paths kept uthash answers)" 'answers->hh.next answers->hh.next->text'
equal 'a tail queue of queue.h' "$(paths kept tailq waiters)" \
	'waiters.tqh_first->entries.tqe_next waiters.tqh_first->entries.tqe_next->text'
equal 'the list of Linux' "$(paths kept list_head jobs)" 'jobs.next->link.next jobs.next->link.next->text'
equal 'the hash table of GLib, of which only the name is known' "$(paths kept ghash sessions)" 'sessions[...]'

for library in libstdc++ libc++; do
	compiler='g++' flags=''
	[ $library = libc++ ] && compiler='clang++' flags='-stdlib=libc++ -fstandalone-debug'
	# shellcheck disable=SC2086
	if ! $compiler -g -O1 $flags -I"$top_dir/include" "$top_dir/tests/support/variables/containers.cc" -o $library 2>/dev/null; then
		skip "$library" 'it cannot be compiled with (libc++-dev, which on Debian 12 conflicts with libunwind-dev)'
		continue
	fi
	while IFS='|' read -r mode expected; do
		equal "$library: $mode" "$(paths $library "$mode" feed)" "$expected"
	done <<'MODES'
map|feed->by_id_[...] feed->by_id_[...].second feed->by_id_[...].second->name feed->by_id_[...].second->sub
unordered_map|feed->by_instrument_[...] feed->by_instrument_[...].first feed->by_instrument_[...].second feed->by_instrument_[...].second->name feed->by_instrument_[...].second->sub
set|feed->watchers_[...]
vector|feed->ticks_[]
deque|feed->queue_[]
list|feed->waiting_[...]
unique_ptr|feed->owned_[]
shared_ptr|feed->shared_[]
function|feed->hooks_[]
optional|feed->names_[]
vectors|feed->rows_[] feed->rows_[][0]
MODES
	equal "$library: values in a map" "$(paths $library values sessions)" 'sessions[...] sessions[...].second.name sessions[...].second.sub'
done
