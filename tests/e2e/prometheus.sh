#!/usr/bin/env bash
# samples/fleet with Debian's Prometheus: rules, dashboard, and an alert that fires for a program that leaks and not for its
# repaired twin, up to the alert manager.
. "$(dirname "$0")/lib.sh"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
recipes=$top_dir/samples/fleet

for tool in prometheus promtool prometheus-alertmanager; do
	if ! command -v $tool >/dev/null; then
		skip 'Prometheus' "there is no $tool"
		exit 0
	fi
done
cp "$recipes"/*.yml .
check 'rules' promtool check rules rules.yml
check 'who is alerted of what, and when' promtool test rules rules_test.yml
check 'configuration' promtool check config prometheus.yml

# Both run at the same pace; the test's copies of the configuration look every second and wait for two.
export SILT_INTERVAL=100ms SILT_KEEP=40
LD_PRELOAD=$library SILT_OUT=$work/silt "$samples/cache_unbounded" 100000 50 >/dev/null &
LD_PRELOAD=$library SILT_OUT=$work/silt "$samples/cache_lru" 100000 50 >/dev/null &
wait_for test -d silt
"$silt" serve --listen 127.0.0.1:0 silt 2>serve.log &
wait_for grep -q '^silt serve: http' serve.log
served=$(sed -n 's|^silt serve: http://\(.*\)/metrics|\1|p' serve.log)
read -r prometheus_port manager_port <<<"$(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in sockets))')"
sed -i "s/_interval: .*/_interval: 1s/; s/127.0.0.1:9750/$served/; s/127.0.0.1:9093/127.0.0.1:$manager_port/" prometheus.yml
sed -i 's/for: 5m/for: 2s/' rules.yml
printf 'route: {receiver: nobody, group_wait: 1s}\nreceivers: [{name: nobody}]\n' >manager.yml
GOMAXPROCS=1 prometheus-alertmanager --config.file=manager.yml --storage.path=manager --cluster.listen-address= \
	--web.listen-address="127.0.0.1:$manager_port" >manager.log 2>&1 &
GOMAXPROCS=1 prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$prometheus_port" \
	>prometheus.log 2>&1 &
ask() { # EXPRESSION [JQ]
	curl -s --max-time 20 --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query" | jq -r "${2:-.data.result[].value[1]}"
}
alerts() { curl -s --max-time 20 "http://127.0.0.1:$manager_port/api/v2/alerts" | jq -r '.[] | select(.labels.alertname == "SiltLeak") | .labels.program' | sort -u; }
is_clean() { [ "$(ask 'silt_verdict{program="cache_lru",verdict="clean"}')" = 1 ]; }
has_alert() { [ -n "$(alerts)" ]; }
check 'the alert reaches the alert manager' wait_for has_alert
check 'the repaired twin is clean by now' wait_for is_clean
equal 'it is of the program that leaks alone' "$(alerts)" cache_unbounded
contains 'what it says' "$(curl -s "http://127.0.0.1:$manager_port/api/v2/alerts" | jq -r '.[0].annotations | "\(.summary); \(.description)"')" \
	"cache_unbounded on $(uname -n) leaks: growing, confidence "
contains 'how fast' "$(curl -s "http://127.0.0.1:$manager_port/api/v2/alerts" | jq -r '.[0].annotations.description')" 'iB/s. silt report cache_unbounded.'
equal 'no scrape has failed' "$(ask 'min_over_time(up{job="silt"}[1m])') $(ask 'scrape_samples_scraped == bool scrape_samples_post_metric_relabeling')" '1 1'
equal 'the recorded share' "$(ask 'program:silt_leaking:ratio' '.data.result | map("\(.metric.program) \(.value[1])") | sort | join(", ")')" 'cache_lru 0, cache_unbounded 1'

# -- the dashboard: each of its expressions is one, and has an answer --
while read -r expression; do
	equal "dashboard: $expression" "$(ask "$expression" '"\(.status) \(.data.result | length > 0)"')" 'success true'
done < <(jq -r '.panels[].targets[].expr' "$recipes/grafana.json" | sed 's/\$host/.*/g; s/\$program/.*/g')
check 'dashboard: it has panels' jq -e '.panels | length > 5' "$recipes/grafana.json"
equal 'dashboard: its metrics are those of the manual' "$(jq -r '.. | strings' "$recipes/grafana.json" | grep -o 'silt_[a-z_]*' | sort -u | while read -r name; do
	grep -qw "$name" "$top_dir/man/silt-export.1" "$recipes/rules.yml" || echo "$name"
done)" ''

# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null
wait 2>/dev/null
