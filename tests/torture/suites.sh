#!/usr/bin/env bash
# The tests of others, of what sleeps, waits and is interrupted, while silt takes a heap graph every 50 ms: whatever passes without
# silt passes. Run by make torture; needs the packages of the group torture in .ci/setup.
. "$(dirname "$0")/../e2e/lib.sh"
export SILT_INTERVAL=50ms SILT_GRAPH=all
limit=300

# suite NAME PROGRAM...: it passes under silt, if it passes without. A busy machine makes tests of time fail: once more then.
suite() {
	local name=$1 status
	shift
	if ! timeout -k 5 $limit "$@" >native.out 2>&1; then
		skip "$name" "fails without silt"
		return
	fi
	for _ in 1 2; do
		rm -rf recorded
		timeout -k 5 $((2 * limit)) "$silt" run -q -o recorded "$@" >silt.out 2>&1
		status=$?
		[ $status = 0 ] && break
	done
	[ $status = 0 ] || tail -n 30 silt.out
	equal "$name" $status 0
}

# -- CPython --
python=/usr/bin/python3
# VSOCK between threads of one machine hangs without silt on some; one test lists all descriptors, of which silt's is one.
for test in io eintr socket signal subprocess select selectors poll epoll threadsignals faulthandler; do
	if [ -e "$("$python" -c 'import test; print(test.__path__[0])' 2>/dev/null)/test_$test.py" ]; then
		suite "CPython: test_$test" "$python" -m test -u all,-network,-largefile,-gui -i '*VSOCK*' -i test_pass_fds_redirected "test_$test"
	else
		skip "CPython: test_$test" 'needs libpython3-testsuite'
	fi
done

# -- GLib: each of its tests is a program --
described=/usr/share/installed-tests/glib
if [ -d $described ]; then
	for test in "$described"/*.test; do
		read -ra program < <(sed -n 's/^Exec=//p' "$test")
		suite "GLib: $(basename "$test" .test)" "${program[@]}"
	done
else
	skip 'GLib' 'needs libglib2.0-tests'
fi
