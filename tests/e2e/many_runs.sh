#!/usr/bin/env bash
# silt fleet: which build, host, folder or argument a leak goes with, over runs that are copies of a few recorded ones.
. "$(dirname "$0")/lib.sh"

cat >server.c <<'C'
/* Keeps what it serves if it is built so, called with --keep, or KEEP is set. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "silt.h"

static void **kept;

int main(int argc, char **argv)
{
	int keep = BUILD == 2 || getenv("KEEP") || (argc > 1 && strcmp(argv[argc - 1], "--keep") == 0);

	kept = calloc(100000, sizeof *kept);
	for (int i = 0; i < 3000; i++) {
		void *volatile page = malloc(1000);

		if (keep)
			kept[i] = page;
		else
			free(page);
		if (i % 100 == 99) {
			usleep(10000);
			silt_snapshot("");
		}
	}
	return kept[0] == (void *)1;
}
C
for build in 1 2; do gcc -g -O1 -I"$top_dir/include" -DBUILD=$build server.c -o server$build && ln -s server$build server.$build; done
can_name=$(unshare --uts true 2>/dev/null && echo yes)
record() { # NAME BUILD [ARGUMENT...]: a run recorded.NAME, on host $on; again where a busy machine has made it inconclusive
	for _ in $(seq 10); do
		record_once "$@"
		"$silt" check "recorded.$1" >"said.$1"
		[ $? -eq 3 ] || return
	done
}
record_once() {
	local name=$1 build=$2
	shift 2
	rm -rf "recorded.$name"
	if [ -n "$can_name" ]; then
		# shellcheck disable=SC2016
		unshare --uts sh -c 'hostname "$1" && shift && exec "$@"' _ "${on:-alpha}" "$silt" run -q -o "out.$name" -- "./server$build" "$@"
	else
		"$silt" run -q -o "out.$name" -- "./server$build" "$@"
	fi
	mv "out.$name"/server* "recorded.$name"
}
copies() { # RUN DIRECTORY FIRST LAST: as DIRECTORY/server.NUMBER
	mkdir -p "$2"
	for number in $(seq "$3" "$4"); do cp -rl "recorded.$1" "$2/server.$number"; done
}
record clean 1 & record keep 1 --keep & record new 2 & wait
on=beta record clean.beta 1 & on=beta KEEP=1 record keep.beta 1 & KEEP=1 record keep.alpha 1 & wait
associations() { jq -r '.findings[0].associations[] | "\(.key) \(.value): \(.with.hits) of \(.with.runs), \(.without.hits) of \(.without.runs)\(.same | map("; \(.key) \(.value)") | add // "")"'; }
fleet() { "$silt" fleet --format json "$@" | associations; }

# An argument, in folders by day that have nothing to do with it.
copies clean argument/monday 1 8
copies clean argument/tuesday 9 16
copies keep argument/monday 17 24
copies keep argument/tuesday 25 32
equal 'an argument' "$(fleet argument)" 'argument --keep: 16 of 16, 0 of 16'
contains 'silt check names the command' "$("$silt" check argument)" 'next: silt fleet, with the same directories'
# A build that has a folder of its own.
copies clean build/1.0 1 12
copies new build/2.0 13 24
new=$(readelf -n server2 | sed -n 's/.*Build ID: //p') old=$(readelf -n server1 | sed -n 's/.*Build ID: //p')
equal 'a build; its folder is the same runs' "$(fleet build | sed "s/$new/NEW/; s/$old/OLD/")" 'build NEW: 12 of 12, 0 of 12; folder 2.0'
"$silt" fleet build >said
equal 'the exit status is that of silt check' $? 1
contains 'in words' "$(cat said)" "goes with build ${new:0:12}: 12 of 12 runs that have it, 0 of 12 others (p = 3.7e-07)
     the same runs: folder 2.0"
equal 'how many' "$(head -n 1 said)" 'server: 24 runs, 2 builds; 12 leaking'
if [ -n "$can_name" ]; then
	copies clean host 1 12
	copies clean.beta host 13 14
	copies keep.beta host 15 24
	equal 'a host' "$(fleet host)" 'host beta: 10 of 12, 0 of 12'
	copies clean chance 1 10
	copies keep.alpha chance 11 16
	copies clean.beta chance 17 26
	copies keep.beta chance 27 32
	equal 'by chance' "$("$silt" fleet --format json chance | jq -r '.findings[0] | "\(.runs) of \(.judged): \(.associations | length)"')" '12 of 32: 0'
	contains 'in words' "$("$silt" fleet chance)" 'no build, host, folder or argument explains which runs have it'
	equal 'of a fleet the hosts' "$("$silt" fleet --format json chance | jq .programs[0].hosts)" 2
else
	skip 'hosts' 'no permission for a name of its own'
fi
# A version that the build does not tell.
SILT_PROGRAM_VERSION=7 KEEP=1 record keep.7 1
copies clean version 1 8
copies keep.7 version 9 16
equal 'a version' "$(fleet version)" 'version 7: 8 of 8, 0 of 8'
# Too few for the level: three of three have a probability of 1 in 20.
copies clean few/1.0 1 3
copies new few/2.0 4 6
equal 'too few to tell' "$(fleet few)" ''
equal 'nor does silt check name the command' "$("$silt" check few | grep -c '^next: silt fleet')" 0
equal 'at a level of one in ten it is told' "$(fleet --level 0.1 few | cut -d ' ' -f 1)" build
copies clean clean 1 3
"$silt" fleet clean >said
equal 'nothing leaks' "$?:$(tail -n 1 said)" '0:silt fleet: clean'
copies keep all 1 3
contains 'all leak' "$("$silt" fleet all)" 'in all of them: whatever their build, host and arguments'
equal 'a finding that is not sure enough is excused' "$("$silt" fleet --min-confidence 1 --format json all | jq -r '.verdict, .programs[0].leaking, .findings[0].excused != null' | paste -sd' ')" 'clean 0 true'
# Judged each by itself, as one alone is: symbols are shared, verdicts are not.
equal 'each as by itself' "$("$silt" check --format json all | jq -r '.findings[0] | "\(.fingerprint) \(.confidence) \(.processes)"')" \
	"$("$silt" check --format json all/server.1 | jq -r '.findings[0] | "\(.fingerprint) \(.confidence) 3"')"
