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
equal 'uthash' "$(paths kept uthash answers)" 'answers[...] answers[...]->text'
equal 'a tail queue of queue.h' "$(paths kept tailq waiters)" \
	'waiters[...] waiters[...]->text'
equal 'the list of Linux' "$(paths kept list_head jobs)" 'jobs[...] jobs[...]->text'
equal 'the hash table of GLib, of which only the name is known' "$(paths kept ghash sessions)" 'sessions[...]'

# all_paths PROGRAM MODE: the paths from all variables to blocks that are many.
all_paths() {
	G_SLICE=always-malloc timeout -k 5 60 "$silt" run -q --graph last -o "$1.$2" -- "./$1" "$2" || return
	"$silt" holders --format json "$1.$2" | jq -r '[.holders[].paths[] | select(.blocks > 100) | .path] | unique | join(" ")'
}
# from_table PROGRAM: `mode|paths` from standard input.
from_table() {
	while IFS='|' read -r mode expected; do
		equal "$1: $mode" "$(all_paths "$1" "$mode")" "$expected"
	done
}
sources=$top_dir/tests/support/variables
if gcc -g -O1 "$sources/intrusive.c" -o intrusive 2>intrusive.log; then
	from_table intrusive <<'MODES'
TAILQ|depot->parcels[...] depot->parcels[...]->note
LIST|depot->leases[][...] depot->leases[][...]->note
STAILQ|depot->reports[...] depot->reports[...]->note
SLIST|depot->drafts[...] depot->drafts[...]->note
RB|depot->line[...] depot->line[...]->note
uthash|depot->voters[...] depot->voters[...]->note
list_head|depot->plugins[...] depot->plugins[...]->note
wl_list|depot->seats[...] depot->seats[...]->note
hlist|depot->routes[][...] depot->routes[][...]->note
MODES
else
	skip 'lists and trees of BSD and Linux, uthash' 'no libbsd-dev or uthash-dev'
fi
# shellcheck disable=SC2046
if gcc -g -O1 "$sources/glib.c" -o glib $(pkg-config --cflags --libs glib-2.0 2>/dev/null) 2>glib.log; then
	from_table glib <<'MODES'
GList|server->list[...] server->list[...]->+0x0
GSList|server->chain[...] server->chain[...]->+0x0
GQueue|server->queue[...] server->queue[...]->+0x0
inbox|server->inbox[...] server->inbox[...]->+0x0
GAsyncQueue|server->jobs[...] server->jobs[...]->+0x0
GPtrArray|server->watchers[] server->watchers[]->+0x0
GArray|server->rows[] server->rows[]->+0x0
lists|server->lists[] server->lists[]->+0x0 server->lists[]->+0x0->+0x0
GHashTable|server->sessions[...] server->sessions[...]->+0x0
set|server->names[...]
GTree|server->tree[...] server->tree[...]->+0x0
GSequence|server->sequence[...] server->sequence[...]->+0x0
MODES
else
	skip 'containers of GLib' 'no libglib2.0-dev'
fi

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
