#!/usr/bin/env bash
# silt export --format otlp and silt push --to otlp: the metrics of openmetrics for collectors of OpenTelemetry, decoded by protoc; busy,
# refusing and picky collectors.
. "$(dirname "$0")/lib.sh"

unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY SILT_PUSH_TOKEN
export HOME=$work # no ~/.netrc
if ! command -v protoc >/dev/null; then
	skip 'OTLP' 'there is no protoc'
	exit 0
fi
decode() { # FILE
	protoc --decode=otlp.ExportMetricsServiceRequest -I "$top_dir/analyzer/render" otlp.proto <"$1"
}
samples_of() { # FILE
	decode "$1" | python3 "$top_dir/tests/support/otlp_samples.py" | sort
}
SILT_PROGRAM_VERSION=1.4 "$silt" run -i 100ms -o runs -- "$samples/cache_unbounded" 60 50 >/dev/null &
"$silt" run -i 100ms -o runs -- "$samples/cache_lru" 60 50 >/dev/null &
wait
host=$(hostname) leaking=$(basename runs/cache_unbounded.*)

# -- the file --
check 'export' "$silt" export --format otlp -o m.pb runs
equal 'every sample of openmetrics, and no other' "$(samples_of m.pb)" "$("$silt" export --format openmetrics runs | grep -v '^#' | sort)"
check 'there are some' test "$(decode m.pb | grep -c as_double)" -gt 40
equal 'the same snapshots give the same bytes' "$("$silt" export --format otlp runs | cmp - m.pb && echo same)" same
attributes() { # FILE: of the resources, a line each
	decode "$1" | awk '/^  resource \{/ { inside = 1; line = "" } /^  \}/ { if (inside) print line; inside = 0 }
		inside && / key: / { key = $2 } inside && /string_value: / { line = line key "=" $2 " " }' | tr -d '"'
}
build_id=$(readelf -n "$samples/cache_unbounded" | awk '/Build ID/ { print $3 }')
equal 'a process is a resource' "$(attributes m.pb | grep unbounded)" \
	"service.name=cache_unbounded service.instance.id=$host:$leaking service.version=1.4 host.name=$host process.executable.name=cache_unbounded process.executable.build_id.gnu=$build_id silt.run=$leaking "
equal 'and the directory is one, too' "$(attributes m.pb | wc -l):$(attributes m.pb | tail -n 1)" \
	"3:service.name=silt service.version=$("$silt" --version | sed -n '1s/silt //p') "
"$silt" export --format otlp -o one.pb "runs/$leaking"
milliseconds=$("$silt" export --format openmetrics "runs/$leaking" | awk '/^silt_snapshot_timestamp_seconds\{/ { sub("\\.", "", $NF); print substr($NF, 1, 13) }')
equal 'a point has the time of the last snapshot' "$(decode one.pb | grep -c "time_unix_nano: $milliseconds")" "$(samples_of one.pb | wc -l)"
equal 'units' "$(decode m.pb | sed -n 's/^      unit: //p' | sort -u | paste -sd' ')" '"1" "By" "By/s" "s" "{block}" "{finding}" "{process}" "{run}"'
"$silt" export --format otlp --label team=a -o labelled.pb runs
equal 'a label is an attribute of all' "$(attributes labelled.pb | grep -c team=a)" 3

# -- a collector --
mkdir stub
python3 "$top_dir/tests/support/push_server.py" stub 2>stub/log &
wait_for test -e stub/port
url=http://127.0.0.1:$(cat stub/port)
seen() { find stub -name '*.json' | wc -l; }
push() { # OPTIONS...: status, then what was said, with URL for the collector
	timeout -k 5 60 "$silt" push --to otlp --backoff 1ms "$@" >out 2>err
	echo "$?:$(cat out err | sed "s|$url|URL|; s/[0-9.]* s (/T (/")"
}
equal 'sent' "$(SILT_PUSH_TOKEN=secret push --tenant team-a "$url" runs)" '0:runs: sent the metrics of 2 processes'
equal 'where to, and as what' "$(jq -r '[.path, .headers["content-type"], .headers.authorization, .headers["x-scope-orgid"]] | join(" ")' stub/1.json)" \
	'/v1/metrics application/x-protobuf Bearer secret team-a'
check 'what export writes' cmp stub/1.body m.pb
equal 'the path may be given' "$(push "$url/v1/metrics" "runs/$leaking"):$(jq -r .path stub/2.json)" \
	"0:runs/$leaking: sent the metrics of 1 process:/v1/metrics"
push --name shop --label deployment.environment=prod "$url" runs >said
equal 'a name, and attributes with dots' "$(attributes stub/3.body | grep -c 'deployment.environment=prod service.name=shop')" 2

printf '503\n429\n502\n504\n' >stub/answers
before=$(seen)
equal 'busy: again until it is taken' "$(push "$url" runs | grep -c 'again in T'):$(($(seen) - before))" 4:5
contains 'Retry-After is heeded' "$(cat err)" 'HTTP status 429; again in 1.0 s'
check 'the same each time' cmp "stub/$((before + 1)).body" "stub/$((before + 5)).body"
for status in 500 501 408 400 413; do
	echo "$status" >stub/answers
	before=$(seen)
	equal "status $status is final" "$(push "$url" runs):$(($(seen) - before))" "1:silt push: URL: HTTP status $status:1"
done
# Status {message: "no such tenant"}; partial success: {rejected_data_points: 7, error_message: "too old"}, {error_message: "soon"}
printf '%s\n' '400 \x12\x0eno such tenant' >stub/answers
equal 'the words of a refusal' "$(push "$url" runs)" '1:silt push: URL: HTTP status 400: no such tenant'
printf '%s\n' '400 go away' >stub/answers
equal 'or those of a proxy' "$(push "$url" runs)" '1:silt push: URL: HTTP status 400: go away'
printf '%s\n' '200 \x0a\x0b\x08\x07\x12\x07too old' >stub/answers
equal 'taken in part' "$(push "$url" runs)" $'1:runs: sent the metrics of 2 processes\nsilt push: URL: 7 points were rejected: too old'
printf '%s\n' '200 \x0a\x06\x12\x04soon' >stub/answers
equal 'taken, with a word' "$(push "$url" runs)" $'0:runs: sent the metrics of 2 processes\nsilt push: URL: soon'

# -- wrong usage --
before=$(seen)
equal '--new' "$(push --new "$url" runs)" '2:silt push: --new is for profiles: metrics are those of now'
equal 'an attribute of silt' "$(push --label host.name=x "$url" runs)" '2:silt push: --label host.name: silt has an attribute of that name itself'
equal 'a bad attribute' "$(push --label 'a b=x' "$url" runs)" \
	'2:silt push: --label a b: the name of an attribute is made of letters, digits and _ . -, and its value has no control characters'
mkdir nothing
equal 'nothing there' "$(push "$url" nothing)" '2:silt push: nothing: no snapshots (NNNN.silt) in this directory or below it'
equal 'nothing of that was sent' "$(seen)" "$before"

# shellcheck disable=SC2046
kill $(jobs -p)
wait 2>/dev/null
