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
equal 'listeners whose function lies two levels below' "$(told add_slot)" 'listener-leak list add_slot'
equal 'a session that has a callback' "$(told add_session)" 'growing-cache list add_session'
equal 'objects with operations that are found by a key, one member of an object' "$(told add_glyph)" 'growing-cache hash add_glyph'
equal 'listeners with operations, another member of it' "$(told add_observer)" 'listener-leak list add_observer'
equal 'their table of operations' "$(jq -r '.findings[] | select(any(.sites[]; any(.traceback[]; .function == "add_observer"))) |
	.callback.function' <<<"$json")" operations
equal 'whose member it is' "$(jq -r '[.findings[] | select(.holder.symbol == "app") | .holder.path] | sort | join(" ")' <<<"$json")" \
	'app.glyphs[].next app.observers->next'
contains 'the shape in words' "$("$silt" report --limit 100 shapes)" ' alive, in a doubly linked list; '
contains 'advice for what has no key' "$(jq -r '.findings[] | select(.shape == "list" and .kind == "growing-cache") | .advice' <<<"$json")" \
	'Take entries out when what they stand for ends'
contains 'advice for what has one' "$(jq -r '.findings[] | select(.shape == "hash") | .advice' <<<"$json")" 'least recently used'
