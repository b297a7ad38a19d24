# Sourced by the whole-program tests: checks that count, a directory that goes, children that do not stay.
# shellcheck shell=bash
set -u
top_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # used by the tests
silt=$top_dir/build/bin/silt library=${SILT_TEST_LIBRARY:-$top_dir/build/lib/libsilt.so} programs=$top_dir/build/tests samples=$top_dir/build/samples
passed=0 failed=0 skipped=0
unset "${!SILT_@}" LD_PRELOAD NO_COLOR DEBUGINFOD_URLS
[ "$library" = "$top_dir/build/lib/libsilt.so" ] || export SILT_LIBRARY=$library # tests/distros/run
# A test says what it wants recorded; first_run.sh tries what silt run does by itself.
export SILT_INTERVAL=off SILT_GRAPH=never SILT_PEAK=off PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d "${TMPDIR:-/tmp}/silt-test.XXXXXX")
cd "$work" || exit 1

finish() {
	local status=$? children
	children=$(jobs -p)
	# shellcheck disable=SC2086
	[ -n "$children" ] && kill -9 $children 2>/dev/null
	mountpoint -q "$work/disk" && umount -l "$work/disk"
	cd / && rm -rf "$work"
	[ $status -ne 0 ] && echo "not ok the script ended early ($status)" && failed=$((failed + 1))
	echo "$passed passed, $failed failed, $skipped skipped"
}
trap finish EXIT

# check NAME COMMAND...: the command succeeds.
check() {
	local name=$1
	shift
	if "$@" >"$work/.output" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name: $*"
		head -c 3000 "$work/.output" | sed 's/^/    /'
	fi
}

# equal NAME GOT EXPECTED
equal() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		printf '    got:      %s\n    expected: %s\n' "${2:0:1500}" "${3:0:1500}"
	fi
}

# contains NAME TEXT PIECE
contains() {
	case $2 in
	*"$3"*)
		passed=$((passed + 1))
		echo "ok $1"
		;;
	*)
		failed=$((failed + 1))
		echo "not ok $1"
		printf '    %s\n    does not contain: %s\n' "${2:0:1500}" "$3"
		;;
	esac
}

wait_for() { # COMMAND...: succeeds within 20 s
	for _ in $(seq 400); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	return 1
}

skip() { # NAME REASON
	skipped=$((skipped + 1))
	echo "skip $1: $2"
}

# The total of one field of silt top's JSON: totals SNAP|RUN FIELD
totals() {
	"$silt" top --format json --limit 1 "$1" | jq ".totals.$2"
}
