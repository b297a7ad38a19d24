#!/usr/bin/env bash
# Life in a shell: help, suggestions, --version; completions that offer exactly what the commands' option tables have; pkg-config;
# what make install puts where.
. "$(dirname "$0")/lib.sh"

# -- help, suggestions, version --
equal 'silt help COMMAND' "$("$silt" help diff)" "$("$silt" diff --help)"
equal 'silt help' "$("$silt" help)" "$("$silt" --help)"
"$silt" help nothing 2>err >/dev/null
equal 'help of nothing' "$?:$(cat err)" '2:silt: no command "nothing"; silt --help lists them'
suggests() { # WORD NAMES
	"$silt" "$1" 2>err >/dev/null
	equal "$1: did you mean" "$?:$(cat err)" "2:silt: no command \"$1\"; did you mean $2?"
}
suggests reprot report
suggests dif diff
suggests hodlers holders
suggests re 'report or refs'
"$silt" $'x\ey' 2>err
equal 'a hostile command' "$?:$(cat err)" '2:silt: no command "x\x1by"; silt --help lists them'
version=$("$silt" --version)
equal 'the first line of --version' "$(head -n 1 <<<"$version" | grep -cE '^silt [0-9]+\.[0-9]+\.[0-9]+$')" 1
contains 'the snapshot format' "$version" "  snapshot format: $(sed -n 's/^#define SILT_VERSION \([0-9]*\)u/\1/p' "$top_dir/include/silt_snapshot.h")"
contains 'the library' "$version" "  library: $library"
contains 'the glibc that is here' "$version" "$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2) now"
equal 'every command has a page, or its own words in silt(1)' "$(for name in $("$silt" --help | sed -n 's/^  \([a-z]*\)  *[^ ].*/\1/p'); do
	[ -e "$top_dir/man/silt-$name.1" ] || grep -q "^\.Cm $name\|^\.It Cm $name" "$top_dir/man/silt.1" || echo "$name"
done)" ''

# -- install --
mkdir few
ln -s /usr/bin/* few/
rm -f few/clang-format
for target in lint format; do
	equal "make $target says what is missing, and installs nothing" \
		"$(PATH=$work/few make --no-print-directory -s -C "$top_dir" $target 2>&1 | head -n 1)" 'clang-format is missing: make setup installs it'
done
check 'make install' make --no-print-directory -s -C "$top_dir" install PREFIX=/opt/silt DESTDIR="$work/root"
root=$work/root/opt/silt
check 'the installed silt finds its library' bash -c '"$1" run -o out -- true && ls out/true.*/0001.silt' _ "$root/bin/silt"
sed "s|/opt/silt|$root|" "$root/share/pkgconfig/silt.pc" >silt.pc
equal 'pkg-config: flags' "$(PKG_CONFIG_PATH=. pkg-config --cflags silt | tr -d ' ')" "-I$root/include"
equal 'pkg-config: version' "silt $(PKG_CONFIG_PATH=. pkg-config --modversion silt)" "$(head -n 1 <<<"$version")"
equal 'pkg-config: the library' "$(PKG_CONFIG_PATH=. pkg-config --variable=library silt)" "$root/lib/libsilt.so"
printf '#include <silt.h>\nint main(void) { silt_snapshot("here"); return 0; }\n' >client.c
# shellcheck disable=SC2046
check 'a client builds by it' gcc $(PKG_CONFIG_PATH=. pkg-config --cflags silt) client.c -o client
mkdir "$root/lib/silt" && mv "$root/lib/libsilt.so" "$root/lib/silt/"
contains 'the library in a directory of its own' "$("$root/bin/silt" --version)" "  library: $root/lib/silt/libsilt.so"
mv "$root/lib/silt/libsilt.so" "$root/lib/"
check 'make uninstall' make --no-print-directory -s -C "$top_dir" uninstall PREFIX=/opt/silt DESTDIR="$work/root"
equal 'leaves nothing' "$(find "$root" -type f)" ''

# -- completions: against the tables --
# getopt tells the whole names of options when it is given their first letters.
table() { # COMMAND: its options, by getopt
	for letter in {a..z}; do
		"$silt" "$1" "--$letter" 2>&1 </dev/null >/dev/null | sed -n \
			-e "s/.*possibilities: //p" -e "s/.*option '\(--[a-z-]*\)' requires.*/'\1'/p"
	done | grep -oE -- "--[a-z-]+" | sort -u
}
complete_bash() { # WORDS...: what bash offers for the last
	bash --norc -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _silt; printf "%s\n" "${COMPREPLY[@]}"' _ \
		"$top_dir/analyzer/completions/silt.bash" "$silt" "$@"
}
commands=$("$silt" --help | sed -n 's/^  \([a-z]*\)  *[^ ].*/\1/p')
equal 'bash: all commands' "$(complete_bash '' | sort | paste -sd' ')" "$(printf '%s\n' $commands help --help --version | LC_ALL=C sort | sort | paste -sd' ')"
equal 'bash: a beginning' "$(complete_bash ho)" holders
for name in $commands; do
	offered=$(complete_bash "$name" -- | sort -u)
	equal "bash: silt $name offers what its table has" "$(comm -13 <(echo "$offered") <(table "$name" | grep -vx -- '--colour'))" ''
	equal "bash: silt $name takes what is offered" "$(for option in $offered; do
		"$silt" "$name" "$option" </dev/null 2>&1 >/dev/null | grep -o 'no option --.*'
	done)" ''
done
equal 'bash: values' "$(complete_bash top --by f | paste -sd' ')" 'function file'
equal 'bash: values of check' "$(complete_bash check --format s)" sarif
equal 'bash: values of export' "$(complete_bash export --format s)" speedscope
equal 'bash: values of push' "$(complete_bash push --to '' | paste -sd' ')" 'pyroscope parca otlp'
equal 'bash: kinds' "$(complete_bash explain lost | paste -sd' ')" 'lost lost-cycle'
touch file-one
equal 'bash: files' "$(complete_bash top file-)" file-one
equal 'bash: programs after options' "$(complete_bash run -i 1s sha256su)" sha256sum
equal 'bash: files for the program' "$(complete_bash run ls file-)" file-one
"$silt" run -i 10s -o runs -- sleep 30 >/dev/null 2>&1 &
for _ in $(seq 50); do
	pid=$(complete_bash snap '') # also those of tests that run beside this one
	grep -oE '[0-9]+' <<<"$pid" | grep -qx "$(pgrep -P $! -x sleep)" && break
	sleep 0.1
done
contains 'bash: processes that are recorded' " $(ps -C sleep -o pid=,ppid= | awk -v p=$! '$2 == p { print $1 }') " " $(grep -oE '[0-9]+' <<<"$pid" | grep -x "$(pgrep -P $! -x sleep)") "
kill "$(pgrep -P $! -x sleep)"
wait

if command -v zsh >/dev/null; then
	# A real line editor: what Tab lists after `silt`.
	cat >driver.zsh <<'Z'
zmodload zsh/zpty
zpty -b z zsh -f -i
zpty -w z "PS1='ready> '; fpath=($1 \$fpath); path=(${2:h} \$path); autoload -Uz compinit; compinit -u -d $3/dump; zstyle ':completion:*' list-prompt ''; LISTMAX=1000; print begin-\$((1 + 1))"
await() { # TEXT: reads until it has come, or 15 s have passed
	for ((i = 0; i < 150; i++)); do
		while zpty -rt z line; do text+=$line; done
		[[ $text == *$1* ]] && return
		sleep 0.1
	done
}
await begin-2
text=
zpty -wn z "$4"$'\t\t'
await $5
sleep 0.2
await $5
print -r -- "$text"
zpty -d z
Z
	listed() { # COMMAND WORD: the last of those that are listed
		TERM=dumb COLUMNS=150 timeout -k 5 60 zsh -f driver.zsh "$top_dir/analyzer/completions" "$silt" "$work" "$1" "$2" 2>&1
	}
	out=$(listed 'silt ' watch)
	for name in $commands; do
		contains "zsh: silt $name" "$out" "$name"
	done
	out=$(listed 'silt timeline --' --width)
	for option in --width --by --include --limit; do
		contains "zsh: $option" "$out" "$option"
	done
	contains 'zsh: values' "$(listed 'silt top --by fu' function)" 'function'
else
	skip 'zsh' 'there is no zsh'
fi
