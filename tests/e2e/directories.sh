#!/usr/bin/env bash
# Where run directories are made: working directories that are gone or cannot be told, paths that are too long, crowds of children.
. "$(dirname "$0")/lib.sh"


# served DIRECTORY [VARIABLE=VALUE...]: a program that silt run serves, in a directory that is removed under it; its words on standard error.
served() {
	(cd "$1" && shift && rm -rf "$PWD" && env "$@" SILT_SERVE=1 LD_PRELOAD="$library" "$programs/ends" return 2>&1)
	echo "$?"
}

# -- a working directory that was removed --
mkdir gone
got=$(served gone SILT_OUT=books-gone)
equal 'a removed working directory: the program goes on' "$(tail -n 1 <<<"$got")" 3
contains 'what happened is said' "$got" 'the working directory is gone'
contains 'and what to do' "$got" 'set SILT_OUT to an absolute path'
equal 'in one line' "$(wc -l <<<"$got")" 2
equal 'nothing is made elsewhere' "$(ls -d /books-gone 2>/dev/null)" ''
mkdir gone
equal 'under bare LD_PRELOAD nothing is said' \
	"$(cd gone && rmdir "$work/gone" && SILT_OUT=books-gone LD_PRELOAD=$library "$programs/ends" return 2>&1; echo $?)" 3
equal 'and nothing is made' "$(ls -d /books-gone 2>/dev/null)" ''
mkdir gone
equal 'an absolute directory serves' "$(served gone "SILT_OUT=$work/kept"):$(find kept -name '*.silt' | wc -l)" 3:1
mkdir gone
contains 'silt run says so before it starts' "$(cd gone && rmdir "$work/gone" && "$silt" run "$programs/ends" return 2>&1; echo $?)" \
	$'the working directory is gone: give --out an absolute path\n2'
mkdir gone
equal 'and runs with an absolute directory' "$(cd gone && rmdir "$work/gone" && "$silt" run -o "$work/kept2" "$programs/ends" return 2>&1; echo $?)" 3
equal 'where the snapshot is' "$(find kept2 -name '*.silt' | wc -l)" 1

# -- one that was unmounted: the kernel names it "(unreachable)/..." --
mkdir disk
if mount -t tmpfs -o mode=777 silt-test disk 2>/dev/null; then
	mkdir disk/deep
	got=$(cd disk/deep && umount -l "$work/disk" && SILT_SERVE=1 SILT_OUT=out LD_PRELOAD=$library "$programs/ends" return 2>&1; ls)
	contains 'an unmounted working directory: said' "$got" 'the working directory is gone'
	equal 'and no directory is named (unreachable)' "$(grep -c unreachable <<<"$got")" 0
else
	skip 'an unmounted working directory' 'cannot mount here'
fi

# -- one that cannot be asked for --
got=$("$programs/confine" getcwd:13 env SILT_SERVE=1 SILT_OUT=out LD_PRELOAD="$library" "$programs/ends" return 2>&1; echo $?)
equal 'getcwd is refused: the program goes on' "$(tail -n 1 <<<"$got")" 3
contains 'it is said' "$got" 'the working directory cannot be determined (permission denied)'
equal 'and nothing is made' "$(ls -d /out out 2>/dev/null)" ''

# -- paths longer than the system takes --
long=$(printf 'd%.0s' $(seq 200))
name=$work/$(printf "$long/%.0s" $(seq 20))
contains 'silt run: a path too long is said before the program starts' "$("$silt" run -o "$name" "$programs/ends" return 2>&1; echo $?)" \
	$'File name too long\n2'
got=$(SILT_SERVE=1 SILT_OUT=$name LD_PRELOAD=$library "$programs/ends" return 2>&1; echo $?)
contains 'the library: a path too long' "$got" 'name too long'
equal 'is not cut short' "$(ls -d "$work"/dd* 2>/dev/null)" ''

# -- a program that forks without end: the first 256 of the children that end at once have a directory, the others are counted --
brood=$programs/brood
runs() { find "$1" -mindepth 1 -maxdepth 1 | wc -l; }
not_recorded() { "$silt" dump "$1/$2" | awk '$1 == "children_not_recorded" { print $2 }'; }
children=3000
[ -n "${TORTURE:-}" ] && children=32770
processor_ms() { # COMMAND...: the processor time it takes, with that of its children
	{ TIMEFORMAT='%3U %3S' && time "$@" 2>&3; } 3>&2 2>"$work/processor" && awk '{ printf "%d\n", ($1 + $2) * 1000 }' "$work/processor" >&2
}
native=$({ processor_ms "$brood" $children >native; } 2>&1)
ours=$({ processor_ms "$silt" run -i 1s -o brood "$brood" $children >recorded; } 2>&1)
equal "$children children" "$(cat recorded)" "$(cat native)"
# Those that are recorded take some ms each, with helper and graph.
check "take no more than three times the processor time: $native ms, recorded $ours ms" test "$ours" -lt $((3 * native + 4000))
equal 'a run for each of the first 256, and the parent' "$(runs brood)" 257
parent=$(find brood -maxdepth 1 -name 'brood.*' -printf '%f\n' | sort -t. -k2n | head -n 1)
equal 'the others are counted in the last snapshot of the parent' "$(not_recorded brood "$parent")" $((children - 256))
contains 'silt report says so' "$("$silt" report "brood/$parent")" "$((children - 256)) short-lived children were not recorded"
contains 'silt check, too' "$("$silt" check "brood/$parent")" "$((children - 256)) short-lived children were not recorded"
equal 'bare LD_PRELOAD, ended by _exit' "$(SILT_OUT=bare LD_PRELOAD=$library "$brood" 400 _exit):$(runs bare)" 400:257
equal 'each the child of the one before' "$(SILT_OUT=line LD_PRELOAD=$library "$brood" 400 deep):$(runs line)" 1:257
equal 'ten have a directory each' "$("$silt" run -o ten "$brood" 10):$(runs ten)" 10:11
