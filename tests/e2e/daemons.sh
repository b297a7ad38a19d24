#!/usr/bin/env bash
# Programs that fork and whose first process exits: silt run says which process goes on, it is recorded, and silt soak judges it.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH

# A daemon as every book has it: fork, setsid, fork; then a page a millisecond that it keeps, or none.
cat >daemon.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *kept[60000];
static __attribute__((noinline)) void leak(int i)
{
	kept[i] = malloc(4000);
}
int main(int argc, char **argv)
{
	if (fork())
		exit(0);
	setsid();
	if (fork())
		_exit(0);
	FILE *file = fopen("pid", "w");
	fprintf(file, "%d\n", getpid());
	fclose(file);
	for (int i = 0; i < 60000; i++) {
		if (argc > 1)
			leak(i);
		else
			free(malloc(4000));
		usleep(1000);
	}
}
END
cc -g -o daemon daemon.c
on_terminal() {
	script -qec "$(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r'
}
ended() { ! kill -0 "$1" 2>/dev/null; }

line=$(on_terminal timeout -k 5 60 "$silt" run -o out ./daemon leaks)
wait_for test -s pid
pid=$(cat pid)
equal 'silt run names the process that goes on' "$line" \
	"silt run: the program goes on in the background as process $pid, and is recorded until it ends; next: silt report out"
check 'which is recorded while it runs' wait_for test -e "out/daemon.$pid/0008.silt"
contains 'silt report puts it first' "$("$silt" report --format json out | jq -r '.reports[0].run.path')" "out/daemon.$pid"
kill "$pid"
wait_for ended "$pid"
equal 'a program that ends has no such line' "$(on_terminal "$silt" run -o other true | grep -c background)" 0

"$silt" soak -o soak --duration 5s -- ./daemon leaks >soak.out 2>&1
equal "silt soak judges it" "$?:$(grep -q "daemon.c:$(grep -n "kept.i. = malloc" daemon.c | cut -d: -f1)" soak.out; echo $?)" 1:0
check 'and ends it' wait_for ended "$(cat pid)"

# name COMMAND PID-FILE, of servers as they come
server() {
	local name=$1 file=$2
	shift 2
	if ! command -v "$1" >/dev/null; then
		skip "$name" "it is not installed"
		return
	fi
	line=$(on_terminal timeout -k 5 60 "$silt" run -o "$name" "$@")
	contains "$name in the background" "$line" 'the program goes on in the background as process'
	wait_for test -s "$file"
	pid=$(cat "$file")
	kill "$pid"
	wait_for ended "$pid"
	check "$name is recorded to its end" wait_for test -n "$(find "$name" -path "*.$pid/*.silt" | head -n 1)"
}
port=$((20000 + $$ % 20000))
mkdir nginx logs
cat >nginx.conf <<END
daemon on; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events {}
http { access_log off; server { listen 127.0.0.1:$port; } }
END
server nginx nginx.pid nginx -p "$work" -c "$work/nginx.conf" -e "$work/nginx.log"
server dnsmasq dnsmasq.pid dnsmasq -C /dev/null --no-hosts --no-resolv --port $((port + 2)) --listen-address 127.0.0.1 --bind-interfaces \
	--pid-file="$work/dnsmasq.pid" --user="$(id -un)"
if command -v ssh-keygen >/dev/null; then
	ssh-keygen -q -t ed25519 -N '' -f key
	printf '%s\n' "Port $((port + 3))" 'ListenAddress 127.0.0.1' "HostKey $work/key" "PidFile $work/sshd.pid" 'UsePAM no' >sshd.conf
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd # where it confines its child
fi
server sshd sshd.pid "$(PATH=$PATH:/usr/sbin command -v sshd || echo sshd)" -f "$work/sshd.conf" -E "$work/sshd.log"
server redis redis.pid redis-server --daemonize yes --port $((port + 1)) --pidfile "$work/redis.pid" --save ''

# -- who clears the environment --
printf '#!/bin/sh\nenv -i sleep 4\n:\n' >wrapper
chmod +x wrapper
contains 'a wrapper that clears the environment' "$("$silt" run -o cleared ./wrapper 2>&1)" \
	'could not be recorded: libsilt.so is not loaded: what starts it clears the environment (env -i, sudo, a service manager); put `silt run` behind that'
contains 'is named in the report' "$("$silt" report cleared)" 'not recorded'
# shellcheck disable=SC2016
printf '#!/bin/sh\n"$@"\n' >script
chmod +x script
"$silt" run -o scripted ./script /bin/true
equal 'a script is recorded as its interpreter, with what it starts' "$(ls scripted | sed 's/[.].*//' | sort | xargs)" "$(basename "$(readlink -f /bin/sh)") true"
