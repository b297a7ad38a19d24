#!/usr/bin/env bash
# samples/fleet: a recorded program, the sidecar's script that sends what is new, and files that their systems read.
. "$(dirname "$0")/lib.sh"
export PATH=$top_dir/build/bin:$PATH HOME=$work
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY "${!PUSH_@}"
recipes=$top_dir/samples/fleet

# A program as the Dockerfile has it, but a snapshot every 100 ms, and the sidecar beside it.
mkdir server
python3 "$top_dir/tests/support/push_server.py" server 2>log &
for _ in $(seq 200); do
	[ -e server/port ] && break
	sleep 0.05
done
mapfile -t variables < <(sed -n 's/^ENV //p' "$recipes/Dockerfile" | tr ' ' '\n' |
	sed "s,/usr/local/lib/libsilt.so,$library,; s,=/silt,=$work/volume,; s,=1m,=100ms,; s,=program,=cache_unbounded,")
mkdir volume
env "${variables[@]}" "$samples/cache_unbounded" 30 100000 >/dev/null &
program=$!
PUSH_URL=http://127.0.0.1:$(cat server/port) PUSH_RUNS=$work/volume PUSH_INTERVAL=0.3 PUSH_OPTIONS='--name shop --label env=test' \
	sh "$recipes/push.sh" >said 2>&1 &
sidecar=$!
received() { find server -name '[0-9]*.json' | wc -l; }
for _ in $(seq 200); do
	[ "$(received)" -ge 3 ] && break
	sleep 0.1
done
check 'profiles arrive while the program runs' [ "$(received)" -ge 3 ]
kill -TERM $program
wait $program 2>/dev/null
run=$(echo volume/*)
for _ in $(seq 100); do # the last snapshot, written after the program has been ended by a signal
	[ "$("$silt" top --format json "$run" 2>/dev/null | jq -r .snapshot.trigger)" = killed ] && break
	sleep 0.1
done
kill -TERM $sidecar
wait $sidecar
equal 'the sidecar ends well' $? 0
equal 'every snapshot has arrived once' "$(received)" "$(find "$run" -name '*.silt' | wc -l)"
equal 'as what' "$(jq -r .query.name server/1.json)" "shop{env=test,host=$(hostname),instance=$(hostname):$program}"
check 'the last of them is the end' jq -e --argjson last "$("$silt" top --format json "$run" | jq '.snapshot.time_unix_ns / 1e9 | floor')" \
	'(.query.until | tonumber) - $last | . == 0 or . == 1' "server/$(received).json"
PUSH_URL=http://127.0.0.1:$(cat server/port) PUSH_RUNS=$work/volume PUSH_ONCE=1 sh "$recipes/push.sh" >said 2>&1
equal 'once, by a timer: nothing is new' "$?:$(cat said)" "0:$work/$run: sent none"
PUSH_RUNS=$work/volume sh "$recipes/push.sh" >said 2>&1
check 'without a server' grep -q 'PUSH_URL: the URL of the server' said

if python3 -c 'import yaml' 2>/dev/null; then
	python3 - "$recipes" <<'P' >yaml.out 2>&1
import re, sys, yaml
pod = yaml.safe_load(open(sys.argv[1] + '/kubernetes.yml'))['spec']['template']['spec']
volumes = {v['name'] for v in pod['volumes']}
mounts = [m for c in pod['containers'] for m in c['volumeMounts']]
print({m['name'] for m in mounts} == volumes, {m['mountPath'] for m in mounts})
known = set(re.findall(r'\$\{?(PUSH_\w+)', open(sys.argv[1] + '/push.sh').read()))
used = {e['name'] for c in pod['containers'] for e in c['env']}
compose = yaml.safe_load(open(sys.argv[1] + '/compose.yml'))
used |= set(compose['services']['silt-push']['environment'])
print(sorted(name for name in used if name.startswith('PUSH_') and name not in known))
settings = open(sys.argv[1] + '/../../preload/control/settings.c').read() 
print(sorted(name for name in used if name.startswith('SILT_') and '"%s"' % name not in settings and name[5:] not in settings))
print(set(compose['volumes']) == {v.split(':')[0] for s in compose['services'].values() for v in s.get('volumes', [])})
targets = re.findall(r'^FROM .* AS (\w+)', open(sys.argv[1] + '/Dockerfile').read(), re.M)
print([s['build']['target'] for s in compose['services'].values() if 'build' in s] == targets)
P
	equal 'YAML: volumes, variables, targets' "$(paste -sd' ' yaml.out)" "True {'/silt'} [] [] True True"
else
	skip 'YAML' 'python3-yaml is not installed'
fi
if command -v systemd-analyze >/dev/null; then
	mkdir units
	cp "$recipes"/silt-push.* units/
	cp "$recipes"/silt-serve.service units/
	sed -i 's|/usr/local/bin/[^ ]*|/bin/true|' units/*.service
	equal 'systemd reads them' "$(systemd-analyze verify "$PWD"/units/* 2>&1 | grep -E 'silt-(push|serve)')" ''
fi
equal 'Dockerfile: only what it needs' "$(grep -vE '^(#|FROM|COPY|ENV|VOLUME|CMD|RUN|$)' "$recipes/Dockerfile")" ''
# libcurl is loaded when it is needed.
equal 'the libraries that silt needs are those of the Dockerfile' "$({ echo libcurl; readelf -d "$silt" | sed -n 's/.*NEEDED.*\[\(lib[a-z-]*\)[0-9.w]*\.so.*/\1/p'; } | grep -vE '^lib(c|m|z|elf|tinfo)$' | sort | paste -sd' ')" "$(sed -n 's/^RUN .*ca-certificates //p' "$recipes/Dockerfile" | tr ' ' '\n' | sed 's/[0-9]*$//' | sort | paste -sd' ')"

# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null
wait 2>/dev/null
