#!/usr/bin/env bash
# What accumulates is told with its shape; a registry of listeners is one by its shape and its callbacks, wherever these lie; one
# mistake is one finding, and two mistakes in members of one object are two.
. "$(dirname "$0")/lib.sh"

timeout -k 5 60 "$silt" run -i off --graph all -o shapes -- "$programs/shapes" >/dev/null
json=$("$silt" report --limit 100 --format json shapes)
# told FUNCTION: kind and shape of each finding that has blocks of the function, and the names of other functions in it
told() {
	jq -r --arg name "$1" '[.findings[] | select(any(.sites[]; any(.traceback[]; .function == $name))) |
		"\(.kind) \(.shape) \([.sites[].traceback[] | .function | select(startswith("add_"))] | unique | join("+"))"] |
		join("; ")' <<<"$json"
}
equal 'a list' "$(told add_list)" 'growing-cache list add_list'
equal 'a doubly linked list' "$(told add_double_list)" 'growing-cache list add_double_list'
equal 'a ring' "$(told add_ring)" 'growing-cache ring add_ring'
equal 'an array' "$(told add_array)" 'growing-cache array add_array'
equal 'a hash table' "$(told add_hash)" 'growing-cache hash add_hash'
equal 'a tree' "$(told add_tree)" 'growing-cache tree add_tree'
equal 'a list of objects and an index of them are one' "$(told add_member | sed 's/growing-cache [a-z]*/growing-cache/')" 'growing-cache add_member'
equal 'keys and values in tables with the same places are one' "$(told add_pair)" 'growing-cache hash add_pair'
equal 'listeners in a list that are found by a key, too' "$(told add_timer | cut -d' ' -f1,3)" 'listener-leak add_timer'
equal 'entries of a cache that are in a list, too, and know how to be dropped' "$(told add_cached | cut -d' ' -f1,3)" 'growing-cache add_cached'
equal 'listeners whose function lies two levels below' "$(told add_slot)" 'listener-leak list add_slot'
equal 'of them what registers leads, not what is kept alive' "$(jq -r '.findings[] |
	select(any(.sites[]; any(.traceback[]; .function == "add_slot"))) | .sites[0].traceback[] | select(.function == "add_slot") | .line' <<<"$json")" \
	"$(grep -n 'struct slot \*slot = make' "$top_dir/tests/programs/shapes.c" | cut -d: -f1)"
equal 'a line with many call stacks is one finding' "$(told add_name)" 'growing-cache hash add_name+add_names'
equal 'a session that has a callback' "$(told add_session)" 'growing-cache list add_session'
equal 'objects with operations that are found by a key, one member of an object' "$(told add_glyph)" 'growing-cache hash add_glyph'
equal 'listeners with operations, another member of it' "$(told add_observer)" 'listener-leak list add_observer'
equal 'their table of operations' "$(jq -r '.findings[] | select(any(.sites[]; any(.traceback[]; .function == "add_observer"))) |
	.callback.function' <<<"$json")" operations
equal 'whose member it is' "$(jq -r '[.findings[] | select(.holder.symbol == "app") | .holder.path] | sort | join(" ")' <<<"$json")" \
	'app.glyphs[].next app.observers->next'
contains 'the shape in words' "$("$silt" report --limit 100 shapes)" ' alive, in a doubly linked list; '
contains 'advice for what has no key' "$(jq -r '.findings[] | select(.shape == "list" and .kind == "growing-cache") | .advice' <<<"$json")" \
	'Remove an entry when the object it belongs to is gone'
contains 'advice for what has one' "$(jq -r '.findings[] | select(.shape == "hash") | .advice' <<<"$json")" 'least recently used'

# -- one kind each --

timeout -k 5 60 "$silt" run -i off --graph all -o mistakes -- "$programs/mistakes" all >/dev/null
json=$("$silt" report --limit 100 --format json mistakes)
# kind FUNCTION: kinds of the findings that have blocks of the function
kind() {
	jq -r --arg name "$1" '[.findings[] | select(any(.sites[]; any(.traceback[]; .function == $name))) | .kind] | join(" ")' <<<"$json"
}
equal 'a count beside an index that does not count' "$(kind get_tile)" refcount-leak
contains 'which index that is' "$(jq -r '.findings[] | select(.kind == "refcount-leak") | .evidence[]' <<<"$json")" \
	'the word at offset 16 counts all pointers to the block but one, that of tiles[]'
equal 'a block that points to itself is lost' "$(kind forget_event)" lost
equal 'blocks that point to each other are a cycle' "$(kind forget_owner)" lost-cycle
contains 'the pointer back first' "$("$silt" report --limit 100 mistakes | grep -A1 'cycle: ')" \
	" at offset 8 -> "
equal 'what threads that are not joined have made goes with them' "$(kind work)" thread-leak
equal 'what retains most leads, not what is most often' "$(jq -r '.findings[] |
	select(any(.sites[]; any(.traceback[]; .function == "forget_record"))) |
	[.kind, (.sites | length), (.sites[0].traceback | map(.function) | index("make_record") != null)] | map(tostring) |
	join(" ")' <<<"$json")" 'lost 3 true'
equal 'and nothing else is told' "$(jq '.findings | length' <<<"$json")" 5

timeout -k 5 60 "$silt" run -i off --graph all -o names -- "$programs/mistakes" names >/dev/null
equal 'a length that has the number of pointers in a few blocks is no count' \
	"$("$silt" report --format json names | jq -r '.findings[] | [.kind, .holder.symbol] | join(" ")')" 'growing-cache newest'

timeout -k 5 60 "$silt" run -i off --graph all -o texts -- "$programs/mistakes" texts >/dev/null
equal 'of a line that makes what is kept, too, the callers that lose' "$("$silt" report --format json texts | jq -r '.findings[] |
	select(.kind == "lost") | .sites[].traceback[] | .function | select(. == "keep_text" or . == "lose_text")' | tr '\n' ' ')" 'lose_text '

timeout -k 5 60 "$silt" run -i off --graph all -o threads -- "$programs/mistakes" threads >/dev/null
equal 'threads are counted along the work, not along the clock' \
	"$("$silt" report --format json threads | jq -r '.findings[].kind')" thread-leak

timeout -k 5 60 "$silt" run -i off --graph last -o waiting -- "$programs/mistakes" waiting >/dev/null
equal 'threads that wait for good, of which a single graph tells' "$("$silt" report --format json waiting | jq -r '.findings[] |
	.kind, (.sites[].traceback[] | .function | select(. == "wait_for_good"))' | xargs)" 'thread-leak wait_for_good'

timeout -k 5 60 "$silt" run -i off --graph all -o slices -- "$programs/mistakes" slices >/dev/null
check 'what hangs from pieces of larger blocks, and how to see the pieces' grep -q 'hang_text.*run it with G_SLICE=always-malloc' \
	<<<"$("$silt" report slices | tr -s '\n ' ' ')"

for _ in 1 2 3; do # on a busy machine most of its time may be the warm-up
	rm -rf rows
	timeout -k 5 60 "$silt" run -i off --graph all -o rows -- "$programs/mistakes" rows >/dev/null
	got=$("$silt" report --format json rows | jq -r '[.findings[] | .kind, .holder.symbol] | join(" ")')
	[ "$got" = 'growing-cache columns' ] && break
done
equal 'a table of entries and one of a name for each are one finding' "$got" 'growing-cache columns'

timeout -k 5 60 "$silt" run -i off --graph all -o streams -- "$programs/mistakes" streams >/dev/null
equal 'streams, which the C library has a list of and operations for, are no listeners' \
	"$("$silt" report --format json streams | jq -r '[.findings[] | .kind, .holder.symbol] | join(" ")')" \
	'growing-cache __GI__IO_list_all'
equal 'the program that opens them is blamed, not the C library' \
	"$("$silt" report --format json streams | jq -r '[.findings[0].sites[] | .traceback[.blamed].function] | unique | join(" ")')" open_stream

timeout -k 5 60 "$silt" run -i off --graph all -o fragments -- "$programs/mistakes" fragments >/dev/null
json=$("$silt" report --format json fragments)
equal 'who pins what is free' "$(jq -r '[.findings[] | .kind, (.pinned_by[0].traceback | map(.function) | index("keep_note") != null),
	.pinned_by[0].bytes > 10000000] | map(tostring) | join(" ")' <<<"$json")" 'fragmentation true true'
contains 'in words that are true' "$("$silt" report fragments)" ' MiB free between live blocks of '
equal 'which does not grow' "$("$silt" report fragments | grep -c '+0 B/s')" 0
contains 'what is resident beside the heap' "$(jq -r '.notes[]' <<<"$json")" " MiB resident are outside malloc's heap: anonymous memory 9"
