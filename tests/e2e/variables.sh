#!/usr/bin/env bash
# Variables and paths of fields, however the program was built: programs that ask about themselves.
. "$(dirname "$0")/lib.sh"
path_text=$top_dir/build/bin/path_text sources=$top_dir/tests/support/variables

# answers_are_right NAME PROGRAM [FILE]: what the program asks is answered, from FILE where that is another.
answers_are_right() {
	"./$2" >"$1.asked"
	check "$1: it asks" test -s "$1.asked"
	cut -f1 "$1.asked" >"$1.expected"
	cut -f2 "$1.asked" | timeout 60 "$path_text" "${3:-./$2}" >"$1.answered"
	check "$1" diff -U0 "$1.expected" "$1.answered"
}

while IFS='|' read -r name compiler flags; do
	command -v "${compiler%% *}" >/dev/null || { skip "$name" "no $compiler"; continue; }
	mkdir "$name.d" && cd "$name.d" || exit 1
	if [[ $compiler == *++ ]]; then
		# shellcheck disable=SC2086
		$compiler $flags "$sources/shapes.cc" -o "$name" || exit 1
	else
		# shellcheck disable=SC2086
		$compiler -D_GNU_SOURCE $flags "$sources/shapes.c" "$sources/shapes_other.c" -o "$name" || exit 1
	fi
	answers_are_right "$name" "$name"
	cd ..
done <<'BUILDS'
gcc-O0|gcc|-O0 -g
gcc-O2|gcc|-O2 -g
gcc-O2-dwarf4|gcc|-O2 -g -gdwarf-4
gcc-O2-no-pie|gcc|-O2 -g -no-pie
gcc-split|gcc|-O2 -g -gsplit-dwarf
gcc-split-dwarf4|gcc|-O2 -g -gdwarf-4 -gsplit-dwarf
gcc-types|gcc|-O2 -g -fdebug-types-section
gcc-types-dwarf4|gcc|-O0 -g -gdwarf-4 -fdebug-types-section
gcc-frame-pointer|gcc|-O2 -g -fno-omit-frame-pointer
gcc-lto|gcc|-O2 -g -flto
gcc-sections|gcc|-O2 -g -ffunction-sections -fdata-sections -Wl,--gc-sections
gcc-compressed|gcc|-O2 -g -gz
clang-O0|clang|-O0 -g
clang-O2|clang|-O2 -g
clang-O2-dwarf4|clang|-O2 -g -gdwarf-4
clang-split|clang|-O2 -g -gsplit-dwarf
gxx-O0|g++|-O0 -g
gxx-O2|g++|-O2 -g
gxx-dwarf4|g++|-O2 -g -gdwarf-4
gxx-types|g++|-O2 -g -fdebug-types-section
gxx-types-dwarf4|g++|-O0 -g -gdwarf-4 -fdebug-types-section
gxx-split|g++|-O2 -g -gsplit-dwarf
clangxx-O0|clang++|-O0 -g -fstandalone-debug
clangxx-O2|clang++|-O2 -g -fstandalone-debug
clangxx-types|clang++|-O2 -g -fdebug-types-section -fstandalone-debug
BUILDS

for compiler in gcc clang; do
	command -v $compiler >/dev/null || { skip "links, $compiler" "no $compiler"; continue; }
	mkdir links-$compiler.d && cd links-$compiler.d || exit 1
	if $compiler -D_GNU_SOURCE -O1 -g "$sources/links.c" -o links 2>links.log; then
		answers_are_right "links, $compiler" links
	else
		skip "links, $compiler" 'no libbsd-dev or uthash-dev'
	fi
	cd ..
done

# Debug information in a file of its own, and what is left without it.
mkdir separate.d && cd separate.d || exit 1
gcc -D_GNU_SOURCE -O2 -g "$sources/shapes.c" "$sources/shapes_other.c" -o separate || exit 1
objcopy --only-keep-debug separate separate.debug
strip separate
objcopy --add-gnu-debuglink=separate.debug separate
answers_are_right 'separate debug file' separate
question=$(grep -P '^g_table.buckets\[\].head' 'separate debug file.asked' | cut -f2)
equal 'stripped' "$("$path_text" separate <<<"$question")" 'g_table.buckets[].head->next->any.value->text'
rm separate.debug
address=$(cut -d' ' -f2 <<<"$question")
equal 'stripped, without debug information' "$("$path_text" separate <<<"$question")" \
	"$address+0x8->+0x0[]->+0x0->+0x8->+0x0"
gcc -D_GNU_SOURCE -O2 -rdynamic "$sources/shapes.c" "$sources/shapes_other.c" -o bare
question=$(./bare | grep -P '^g_table.buckets\[\].head' | cut -f2)
equal 'symbols alone' "$("$path_text" bare <<<"$question")" 'g_table+0x8->+0x0[]->+0x0->+0x8->+0x0'
local_static=$(./bare | grep -P '^count::kept ' | cut -f2)
equal 'symbols alone, a local static' "$("$path_text" bare <<<"$local_static")" 'kept - -:0 8'
cd ..
