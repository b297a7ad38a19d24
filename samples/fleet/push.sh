#!/bin/sh
# Sends what is new, every PUSH_INTERVAL seconds (default 60), and once more when it is told to stop; with PUSH_ONCE=1 just once.
# PUSH_URL is the server; PUSH_TO its kind (default pyroscope); PUSH_OPTIONS further options of silt push, such as
# "--label env=prod --tenant team-a"; PUSH_RUNS what is sent (default /silt). What cannot be sent now is sent the next time.
set -u
: "${PUSH_URL:?the URL of the server}"

push() {
	# shellcheck disable=SC2086 # several options
	silt push --new --to "${PUSH_TO:-pyroscope}" ${PUSH_OPTIONS:-} "$PUSH_URL" "${PUSH_RUNS:-/silt}"
}

if [ -n "${PUSH_ONCE:-}" ]; then
	push
	exit
fi
trap 'kill "$pause" 2>/dev/null; push; exit $?' TERM INT
while :; do
	push
	sleep "${PUSH_INTERVAL:-60}" &
	pause=$!
	wait "$pause"
done
