#!/usr/bin/env bash
# Programs that root starts and that give up its rights: the directory of their snapshots is got ready before.
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" -ne 0 ]; then
	skip 'workers that change user' 'only root can start them'
	exit
fi
unset SILT_INTERVAL SILT_GRAPH # a soak has its own defaults
dropper=$work/dropper
install -m 755 "$programs/dropper" "$dropper"
mkdir -m 700 private
mkdir jail
cd private || exit 1

for way in self child grand "chroot $work/jail" early bracket raw; do
	# shellcheck disable=SC2086 # the way and its argument
	(timeout 60 "$silt" soak -o "${way%% *}" -i 150ms --duration 2500ms -- "$dropper" $way >"${way%% *}.out" 2>"${way%% *}.err"
		echo $? >"${way%% *}.status") &
done
wait
recorded() { # WAY: runs of a process that leaks
	local runs=0
	while read -r run; do
		[ "$("$silt" top --format json --include leak "$run" | jq '[.stats[].count] | add // 0')" -gt 100 ] && runs=$((runs + 1))
	done < <(find "$1" -name 0003.silt -printf '%h\n')
	echo $runs
}
for way in self child grand chroot early bracket raw; do
	equal "recorded after it has changed user: $way" "$(recorded $way)" 1
done
equal 'and judged' "$(($(cat child.status) != 0))" 1
owner() { # WAY: of the run directory that has most
	find "$1" -name 0003.silt -printf '%h\n' | xargs -r stat -c '%U %n' | grep -v '^root' | head -n 1
}
equal 'its snapshots are its own' "$(owner child | cut -d ' ' -f 1)" nobody
run=$(owner child | cut -d ' ' -f 2)
equal 'nothing is opened to others' "$(stat -c '%a %U' "$run" "$(dirname "$run")" "$work/private" | xargs)" '700 nobody 700 root 700 root'
equal 'nothing is left in the other root' "$(ls -A "$work/jail")" ''
equal 'a child of the child: within its directory' "$(find grand -mindepth 4 -name 0001.silt | wc -l)" 1
contains 'who holds it is known' "$("$silt" holders "$run" 2>&1)" kept

# -- what cannot be recorded is named, and the whole is inconclusive --
printf '#include <unistd.h>\nint main(void) { sleep(20); }\n' >static.c
gcc -static -o unseen static.c
chmod 711 "$work" . # for the program that nobody executes
(timeout 60 "$silt" soak -o became -i 150ms --duration 3s -- "$dropper" exec "$dropper" >became.out 2>became.err; echo $? >became.status) &
(timeout 60 "$silt" run -o unseen.r -- sh -c './unseen & sleep 3; kill $!' 2>unseen.run) &
(timeout 60 "$silt" soak -o unseen.o -i 150ms --duration 3s -- sh -c "./unseen & $samples/cache_lru 100000; wait" >unseen.out 2>unseen.err; echo $? >unseen.status) &
wait
equal 'another program after the change: no right to write' \
	"$(cat became.status):$(grep -cE 'dropper: .*process [0-9]+ could not be recorded: it runs as nobody, who may not write to ' became.out)" 3:1
equal 'a static program beside one that is judged' "$(cat unseen.status):$(grep -cE '^unseen: .*could not be recorded: libsilt.so is not loaded' unseen.out)" 3:1
contains 'silt run names it, too' "$(cat unseen.run)" 'silt run: unseen (process '
contains 'and silt report of what it wrote' "$("$silt" report unseen.r)" 'not recorded                  unseen (pid '
contains 'silt report says so later' "$("$silt" report unseen.o)" 'not recorded                  unseen (pid '
equal 'in JSON' "$("$silt" report --format json became | jq -c '[.schema, .verdict, .processes.unrecorded, (.unrecorded[0].program)]')" \
	'["silt.reports/1","inconclusive",1,"dropper"]'

# -- a real one: the master stays root, the workers do not --
if ! command -v nginx >/dev/null; then
	skip 'nginx, workers as nobody' 'nginx is not installed'
	exit
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir nginx
cat >nginx/nginx.conf <<EOT
user nobody nogroup;
daemon off;
worker_processes 2;
pid $PWD/nginx/pid;
error_log stderr;
events {}
http { access_log off; server { listen 127.0.0.1:$port; location / { return 200 "hello"; } } }
EOT
timeout 60 "$silt" soak -o web -i 200ms --duration 2500ms --ready "$port" --load "for i in 1 2 3 4 5; do curl -s http://127.0.0.1:$port/; done" \
	--allow-inconclusive -- nginx -p "$PWD/nginx" -c "$PWD/nginx/nginx.conf" >web.out 2>web.err
equal 'nginx: the workers are recorded as nobody' "$(find web -name 0001.silt -printf '%h\n' | xargs -r stat -c %U | sort | xargs)" 'nobody nobody root'
