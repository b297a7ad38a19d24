#!/usr/bin/env bash
# Files that were made to use up whoever reads them, ELF files and snapshots: they take seconds, and a small multiple of their size.
. "$(dirname "$0")/lib.sh"

mkdir -p build
cat >build/victim.c <<'C'
#include <stdlib.h>
#include <unistd.h>
static void *volatile kept;
int main(void)
{
	char *volatile mine = malloc(5000);

	for (int i = 0; i < 100; i++)
		kept = malloc(100 + i);
	usleep(400000);
	return mine == NULL;
}
C
${CC:-gcc} -g -O0 -Wl,--build-id=none build/victim.c -o build/victim || exit 1
"$silt" run -i 20ms --graph all -o out build/victim
run=$(find out -name '0003.silt') # taken while main sleeps: it has its stack
contains 'a sound file' "$("$silt" top "$run")" 'victim.c:9'
contains 'its holders' "$("$silt" holders "$run")" 'a local of main'
cost() { # COMMAND...: its processor time in seconds and memory in KB to `cost`, standard output and error to printed
	python3 - "$@" <<'PY' >cost 2>printed
import resource, subprocess, sys
status = subprocess.run(["timeout", "60"] + sys.argv[1:], stdout=2).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, round(usage.ru_utime + usage.ru_stime, 1), usage.ru_maxrss)
PY
}
while read -r attack command says; do
	python3 "$top_dir/tests/fuzz/hostile_elf.py" "$attack" 0x1000 0x2000 >build/victim
	# shellcheck disable=SC2086
	cost "$silt" $command "$run"
	check "$attack: $command in 6 s and 400 MB: $(cat cost)" awk '$1 != 0 || $2 > 6 || $3 > 400000 { bad = 1 } END { exit bad || NR != 1 }' cost
	contains "$attack: $command: a place all the same" "$(cat printed)" 'victim'
	[ -z "$says" ] || contains "$attack: it is said" "$(cat printed)" "$work/build/victim: its symbols and debug information take more"
done <<END
inflate top said
inflate-info top said
inflate-lie top said
minidebug top said
minidebug-less top
minidebug-more top said
ranges top said
abbreviations top said
nest top said
functions top
functions holders
lines top
lines-inflate top said
symbols top
symbol-names top
locals holders
members holders
unions holders
frame holders said
END

# -- a snapshot of many call stacks of the greatest depth: a megabyte that stands for a hundred --
mkdir stacks
python3 "$top_dir/tests/fuzz/hostile_stacks.py" "$run" 50000 >stacks/0001.silt
kilobytes=$(($(stat -c %s stacks/0001.silt) / 1024))
for command in top 'export --format folded' 'export --format pprof'; do
	# shellcheck disable=SC2086
	cost "$silt" $command stacks/0001.silt
	check "deep stacks: $command in 6 s, and 64 MB and 128 times its size: $(cat cost)" \
		awk -v most=$((65536 + 128 * kilobytes)) '$1 != 0 || $2 > 6 || $3 > most { bad = 1 } END { exit bad || NR != 1 }' cost
	check "deep stacks: $command: it is said" grep -qaF 'call stacks are cut at' printed
done
