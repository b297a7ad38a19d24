#!/usr/bin/env bash
# What a program tells of its memory: pieces of pools are blocks of their own, at their sites.
. "$(dirname "$0")/lib.sh"

# figures RUN LABEL FUNCTION: total_blocks total_bytes live_blocks live_bytes
figures() {
	local snapshot
	for snapshot in "$1"/*.silt; do
		if [ "$("$silt" top --format json --limit 1 "$snapshot" | jq -r .snapshot.label)" = "$2" ]; then
			"$silt" top --by function --format json "$snapshot" | jq -r --arg name "$3" \
				'[.stats[] | select(.key.function == $name)][0] | "\(.total_blocks) \(.total_bytes) \(.count) \(.size)"'
			return
		fi
	done
	echo "no snapshot labelled $2"
}

# parent DIRECTORY: the run of the first process
parent() {
	dirname "$(grep -l allocated "$1"/*/0001.silt)"
}

got=$("$programs/pools" 2>&1)
equal 'pools without silt: runs, quietly' "$?:$got" 0:
got=$("$silt" run -o run "$programs/pools" 2>&1)
equal 'pools under silt: all calls return what they should' "$?:$got" 0:
run=$(parent run)
while read -r label function expected; do
	equal "$label: $function" "$(figures "$run" "$label" "$function")" "$expected"
done <<END
allocated make_chunk 1 65536 1 65536
allocated make_node 100 2400 100 2400
allocated make_string 50 350 50 350
freed make_node 100 2400 60 1440
freed make_string 50 350 50 350
reset make_node 103 2472 2 48
reset make_string 50 350 0 0
reset one_pool 1 100 1 100
destroyed make_node 103 2472 0 0
destroyed make_string 50 350 0 0
destroyed one_pool 1 100 0 0
destroyed make_chunk 1 65536 1 65536
threads make_in_thread 80000 1280000 1500 24000
parent make_node 105 2520 2 48
END
for child in run/*/; do
	[ "${child%/}" = "$run" ] && continue
	figures "$child" child make_node
	figures "$child" child make_string
done | sort | uniq -c | tr -s ' \n' ' ' >children
equal 'every forked child goes on with its own pool' "$(cat children)" ' 20 106 2544 2 48 20 51 357 1 7 '
trace=$("$silt" top --by traceback --format json "$run/0001.silt" |
	jq -r '[.stats[] | select(.size == 2400)][0].traceback[0:2][].function')
equal 'a traceback begins where the piece was handed out' "$trace" $'make_node\none_pool'
check 'survivors by generation add up, with pieces' python3 - "$silt" "$run/0002.silt" <<'END'
import subprocess, sys
live = bins = 0
for line in subprocess.run([sys.argv[1], "dump", sys.argv[2]], capture_output=True, text=True, check=True).stdout.splitlines():
    words = line.split()
    if words and words[0] == "site":
        total, freed = words[words.index("total") + 1], words[words.index("freed") + 1]
        live += int(total.split("/")[0]) - int(freed.split("/")[0])
        bins += sum(int(words[i + 1].split(":")[1].split("/")[0]) for i, w in enumerate(words) if w == "bin")
assert live == bins and live >= 111, (live, bins)
END
got=$(SILT_SELFCHECK=1 "$silt" run -o self "$programs/pools" 2>&1)
equal "every fast traceback is libunwind's" "$?:$got" 0:
"$silt" run -o sampled --sample 512 "$programs/pools" 2>/dev/null # not every piece is known then
read -r total _ live _ <<<"$(figures "$(parent sampled)" threads make_in_thread)"
equal 'pieces are sampled as blocks are' "$((total > 68000 && total < 92000 && live > 500 && live < 2500)):$total:$live" "1:$total:$live"

# -- in every form of program --
for flags in '' '-O0' '-no-pie -fno-pie' '-static' '-std=gnu11 -pedantic' '-flto'; do
	# shellcheck disable=SC2086
	gcc -O2 -g -fno-optimize-sibling-calls -Wall -Wextra -I"$top_dir/include" $flags "$top_dir/tests/programs/pools.c" -o pools \
		-pthread -ldl 2>compile.log
	check "pools ($flags): builds without a warning" test ! -s compile.log
	check "pools ($flags): without the library" ./pools
	if [ "$flags" != -static ]; then
		got=$("$silt" run -o "form${flags//[ \/]/}" ./pools 2>&1)
		equal "pools ($flags): with the library" "$?:$got" 0:
		one=$(parent "form${flags//[ \/]/}")
		equal "pools ($flags): no frame is of <silt.h>" "$("$silt" top --format json --limit 0 "$one/0001.silt" | grep -c 'silt_\|silt__')" 0
		equal "pools ($flags): at its site" "$(figures "$one" allocated make_node)" '100 2400 100 2400'
	fi
done

# -- LeakSanitizer's calls --
equal 'without a sanitizer' "$("$programs/lsan" 2>&1)" 'nobody fine'
equal 'silt stands in for it' "$("$silt" run -o told "$programs/lsan" 2>&1)" 'told fine'
if gcc -g -O1 -fno-builtin -fsanitize=leak "$top_dir/tests/programs/lsan.c" -o lsan 2>/dev/null &&
	./lsan 2>&1 | grep -q 'in 3 allocation'; then
	got=$("$silt" run -o lsan-own ./lsan 2>&1)
	contains "a sanitizer of the program's own is told too" "$got" 'in 3 allocation'
	contains 'and there is no other difference' "$got" 'told fine'
else
	skip 'a sanitizer of its own' 'it does not work here'
fi
