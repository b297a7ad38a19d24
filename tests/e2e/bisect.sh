#!/usr/bin/env bash
# silt bisect: a repository of eight commits, one of which does not build and one of which leaks; the user's checkout stays as it is.
. "$(dirname "$0")/lib.sh"

if ! command -v git >/dev/null; then
	skip 'silt bisect' 'there is no git'
	exit 0
fi
unset "${!GIT_@}"
export HOME=$work GIT_CONFIG_NOSYSTEM=1 TMPDIR=$work/tmp SILT_GRAPH=all C_INCLUDE_PATH=$top_dir/include
mkdir tmp
git config --global user.name Nobody && git config --global user.email nobody@example.org
git init -q -b main shop && cd shop && mkdir src
cat >src/server.c <<'C'
#include <stdlib.h>
#include <unistd.h>

#include "silt.h"

static void serve(int request)
{
	char *volatile answer = malloc(1000);

	if (request % 4 != ALWAYS)
		free(answer);
	answer = 0;
}

int main(void)
{
	for (int i = 1; i < 4500; i++) {
		serve(i);
		if (i % 100 == 0) {
			usleep(10000);
			silt_snapshot("");
		}
	}
}
C
sed -i 's/ALWAYS/-1/' src/server.c
printf 'server: server.c\n\t$(CC) -g -O1 $< -o $@\n' >src/Makefile
printf 'server\n' >.gitignore
commit() { git add -A && git commit -q -m "$1"; }
commit one
echo two >notes && commit two
sed -i 's/free(answer);/free(answer)/' src/server.c && commit 'three, which does not build'
sed -i 's/free(answer)$/free(answer);/' src/server.c && commit four
sed -i 's/!= -1/!= 1/' src/server.c && commit 'five: serve every fourth another way'
for word in six seven eight; do echo $word >notes && commit $word; done
leak=$(git rev-parse --short HEAD~3)
# What the user has in hand: a change, an untracked file, a bisection.
git bisect start HEAD HEAD~7 >/dev/null 2>&1
echo mine >>notes
touch untracked
state() { cd "$work/shop" || return; git status --short; git rev-parse HEAD; git bisect log; git for-each-ref; git worktree list; find "$TMPDIR" -mindepth 1; git stash list; }
(state) >"$work/before"
untouched() { (state) | cmp - "$work/before"; }
cd src || exit 1
bisect() { # OPTIONS...: status; what it says is in out and err
	timeout -k 5 120 "$silt" bisect "$@" >"$work/out" 2>"$work/err"
	echo $?
}
# By a budget, too: how busy the machine is makes no commit inconclusive.
judging=(-- --duration 20s --interval 100ms --max-growth 100K --allow-inconclusive ./server)

equal 'the commit is found' "$(bisect --good main~7 --bad main --build make "${judging[@]}")" 0
equal 'it is said' "$(head -n 1 "$work/out")" "the first commit that leaks: $leak five: serve every fourth another way (Nobody, $(date +%F))"
contains 'with its finding' "$(cat "$work/out")" 'FAIL '
contains 'the line that leaks' "$(cat "$work/out")" 'server.c:8'
equal 'the ends come first' "$(head -n 2 "$work/err" | sed 's/ [0-9a-f]* / /')" 'silt bisect: one: clean
silt bisect: eight: leaking'
check 'the checkout is as it was' untouched

# What lies before the leak does not build: it can be one of several.
equal 'not told apart' "$(bisect --good main~7 --bad main --build "make && ! git log -1 --format=%s | grep -qx four" -o "$work/runs" "${judging[@]}")" 1
equal 'who it may be' "$(sed 's/  [0-9a-f]* /  /' "$work/out")" 'the first commit that leaks is one of these, of which some do not build or are inconclusive:
  five: serve every fourth another way
  four
  three, which does not build'
check 'runs are kept where it is said so' [ -n "$(compgen -G "$work/runs/$(git rev-parse main)/soak-*/server.*/*.silt")" ]
check 'nothing else is left' untouched

# -- what cannot be searched --
equal 'good leaks too' "$(bisect --good main~2 --bad main --build make "${judging[@]}"):$(tail -n 1 "$work/err")" \
	'1:silt bisect: --good main~2: leaks too: give an older revision that does not'
equal 'bad is clean' "$(bisect --good main~7 --bad main~6 --build make "${judging[@]}"):$(tail -n 1 "$work/err")" \
	'1:silt bisect: --bad main~6: is clean: give one that leaks, or a soak that shows it'
equal 'good does not build' "$(bisect --good main~5 --bad main --build 'echo building; make' "${judging[@]}")" 1
contains 'the end of the log is shown' "$(cat "$work/err")" "silt bisect: --good main~5: cannot be judged, see above; its log ends with
  building"
wrong() { # NAME MESSAGE OPTIONS...
	local name=$1 message=$2
	shift 2
	equal "wrong: $name" "$(bisect "$@"):$(head -n 1 "$work/err")" "2:silt bisect: $message"
}
wrong 'no such good' '--good nowhere: no such revision' --good nowhere --bad main --build make "${judging[@]}"
wrong 'no such bad' '--bad --evil: no such revision' --good main~7 --bad --evil --build make "${judging[@]}"
wrong 'both the same' '--bad HEAD: is the same commit as --good' --good "$(git rev-parse HEAD)" --bad HEAD --build make "${judging[@]}"
wrong 'the other way round' '--good main: is not an ancestor of --bad; git merge-base names one of both' --good main --bad main~7 --build make "${judging[@]}"
check 'nothing of that is left' untouched
(cd / && timeout 20 "$silt" bisect --good a --bad b --build make -- ./server 2>&1) >"$work/said"
equal 'no repository' "$(cat "$work/said")" "silt bisect: not in a work tree of git; change to the program's directory"

# -- interrupted --
"$silt" bisect --good main~7 --bad main --build "touch $work/started; exec sleep 1000" "${judging[@]}" >/dev/null 2>&1 &
bisecting=$!
wait_for test -e "$work/started"
kill -INT $bisecting
wait $bisecting
equal 'interrupted while it builds' $? 130
check 'leaves nothing' untouched
equal 'and no process' "$(pgrep -fc 'sleep 1000' -P 1 || pgrep -f "exec sleep 1000")" 0
# As a soak is running, below git bisect run.
"$silt" bisect --good main~7 --bad main --build "make && case \$(git log -1 --format=%s) in one | eight) ;; *) touch $work/deep; esac" "${judging[@]}" \
	>/dev/null 2>&1 &
bisecting=$!
wait_for test -e "$work/deep"
kill -TERM $bisecting
wait $bisecting
equal 'terminated below git' $? 143
check 'that leaves nothing' untouched

# -- a step, for a bisection of one's own --
git bisect reset >/dev/null 2>&1
git checkout -q -f main
"$silt" bisect --step --build make "${judging[@]}" >"$work/out" 2>"$work/err"
equal 'a step' "$?:$(tail -n 1 "$work/err"):$(tail -n 1 "$work/out")" "1:silt bisect: $(git rev-parse HEAD | head -c 12) eight: leaking:silt soak: leaking"
"$silt" bisect --step --build false "${judging[@]}" >/dev/null 2>&1
equal 'that does not build' $? 125
