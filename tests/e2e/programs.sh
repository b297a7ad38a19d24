#!/usr/bin/env bash
# Installed programs do the same under silt as without: output, errors, status; and their snapshots can be read.
. "$(dirname "$0")/lib.sh"

same() { # NAME COMMAND...
	local name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		skip "$name" "no $1"
		return
	fi
	timeout 60 "$@" >out.native 2>err.native </dev/null
	local status=$?
	timeout 60 "$silt" run -o "runs/$name" "$@" >out.silt 2>err.silt </dev/null
	equal "$name: status" $? $status
	check "$name: output" cmp out.native out.silt
	check "$name: errors" cmp err.native err.silt
	check "$name: snapshots" bash -c "n=0; for s in runs/$name/*/*.silt; do '$silt' top \$s >/dev/null || exit 1; n=1; done; [ \$n = 1 ]"
}

printf '#include <stdio.h>\nint main(void) { for (int i = 0; i < 9; i++) printf("%%d\\n", i * i); return 3; }\n' >x.c
git init -q repository
for i in 1 2 3 4 5; do
	echo "$i" >repository/file$i
	git -C repository add .
	git -C repository -c user.name=n -c user.email=e@example.org commit -qm "commit $i" --date '2020-01-01T00:00:00Z'
done
same gcc gcc -O2 x.c -o x
same clang clang -O2 -c x.c -o x.o
same git git -C repository log --stat
same git-gc git -C repository gc -q
python=/usr/bin/python3
[ -x $python ] || python=python3
same python3 $python -c 'import json, re; print(len(json.dumps({str(i): list(range(i % 50)) for i in range(5000)})))'
PYTHONMALLOC=malloc same python3-malloc $python -c 'import json; print(len(json.dumps({str(i): list(range(i % 50)) for i in range(5000)})))'
same python3-threads $python -c '
import threading
results = []
threads = [threading.Thread(target=lambda i=i: results.append(sum(range(i * 100)))) for i in range(100)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sum(results))'
same python3-processes $python -c '
import multiprocessing, os, subprocess
print(subprocess.check_output(["echo", "hi"]))
pool = multiprocessing.Pool(4); print(sum(pool.map(abs, range(-1000, 0)))); pool.close(); pool.join()
pid = os.fork()
if pid == 0: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))'
same perl perl -e 'my %h; $h{$_ % 777} .= "x$_" for 1 .. 50000; print length(join ",", map { $h{$_} } sort keys %h), "\n"; system("true"); exit 5'
same lua lua5.4 -e 'local t = {} for i = 1, 20000 do t[i] = tostring(i) end print(#table.concat(t)) os.exit(4)'
same node node -e 'let m = new Map(); for (let i = 0; i < 20000; i++) m.set(i, { a: [i] }); console.log(m.size); process.exitCode = 6'
same bash bash -c 'for i in $(seq 50); do x=$(echo $i | tr 0-9 a-j); done; echo $x; seq 1000 | sort -rn | head -3; (exit 7); echo $?; exec false'
same sqlite3 sqlite3 base.db 'create table if not exists t(a); delete from t; insert into t values (1), (2); select sum(a) from t; select nonsense;'
same tar sh -c 'tar czf - repository | tar tzf - | sort | tail -3'
same jq jq -n '[range(10000)] | map(. * 2) | add'
same curl curl --version
same find find /usr/share/doc -maxdepth 1 -name 'lib*'
same make sh -c 'printf "all: a b\n\t@echo made\na b:\n\t@echo \$@\n" > Mk; make -f Mk -j2 | sort'

# -- servers --
if command -v redis-server >/dev/null; then
	"$silt" run -o redis redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --dir "$work" >redis.log 2>&1 &
	for _ in $(seq 100); do redis-cli -s redis.sock ping >/dev/null 2>&1 && break; sleep 0.05; done
	pid=$(redis-cli -s redis.sock info server | tr -d '\r' | sed -n 's/^process_id://p')
	first=$("$silt" snap "$pid")
	redis-benchmark -s redis.sock -q -n 20000 -r 1000000 -d 100 -t set >/dev/null
	equal 'redis-server (jemalloc) keeps its data' "$(redis-cli -s redis.sock eval 'for i=1,100 do redis.call("set","k"..i,i) end return redis.call("get","k77")' 0)" 77
	second=$("$silt" snap "$pid")
	growth=$("$silt" diff --format json "$first" "$second" | jq '[.stats[].size_diff] | add')
	equal 'redis-server: the diff sees the keys' "$((growth > 2000000))" 1
	contains 'redis-server: it is jemalloc' "$("$silt" dump "$second")" 'allocator 2'
	redis-cli -s redis.sock shutdown nosave 2>/dev/null
	wait $!
	equal 'redis-server: status' $? 0
else
	skip redis-server 'not installed'
fi
if command -v nginx >/dev/null; then
	mkdir -p www logs
	printf 'hello\n' >www/index.html
	cat >nginx.conf <<-CONF
		daemon off; pid $work/nginx.pid; error_log $work/logs/error.log; worker_processes 2;
		events { worker_connections 64; }
		http { access_log off; client_body_temp_path $work/a; proxy_temp_path $work/b; fastcgi_temp_path $work/c;
		  uwsgi_temp_path $work/d; scgi_temp_path $work/e;
		  server { listen unix:$work/nginx.sock; root $work/www; } }
	CONF
	[ "$(id -u)" -eq 0 ] && sed -i '1i user root;' nginx.conf
	"$silt" run -o nginx nginx -c "$work/nginx.conf" -p "$work" >nginx.out 2>&1 &
	for _ in $(seq 100); do [ -S nginx.sock ] && break; sleep 0.05; done
	got=$(python3 - <<-PY
		import socket
		count = 0
		for i in range(300):
		    s = socket.socket(socket.AF_UNIX); s.connect("$work/nginx.sock")
		    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
		    data = b""
		    while True:
		        piece = s.recv(4096)
		        if not piece: break
		        data += piece
		    count += data.endswith(b"\r\n\r\nhello\n")
		print(count)
	PY
	)
	equal 'nginx with two workers answers' "$got" 300
	kill -QUIT "$(cat nginx.pid)"
	wait
	equal 'nginx: master and workers have runs' "$(find nginx -name '*.silt' | cut -d/ -f2 | sort -u | wc -l)" 3
	check 'nginx: snapshots' bash -c "for s in nginx/*/*.silt; do '$silt' top \$s || exit 1; done"
else
	skip nginx 'not installed'
fi

# -- a browser whose processes are in a sandbox, which it makes as long as it is not root --
if ! command -v chromium >/dev/null || ! command -v setpriv >/dev/null || [ "$(id -u)" != 0 ]; then
	skip 'chromium in its sandbox' 'no chromium, or not root, who may become another user'
else
	mkdir sandbox
	cp "$library" sandbox/
	printf '<body><script>document.body.append("sum " + [1, 2, 3].map(x => x * x).reduce((a, b) => a + b))</script></body>' >sandbox/page.html
	chmod 755 . && chown -R 65534:65534 sandbox
	browse() { # PROFILE [VARIABLE=VALUE...]
		timeout -k 5 120 setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/sandbox" "${@:2}" \
			chromium --headless --disable-gpu --no-first-run --disable-background-networking --disable-component-update \
			--disable-sync --user-data-dir="$work/sandbox/$1" --dump-dom "file://$work/sandbox/page.html" 2>"sandbox/$1.err"
	}
	native=$(browse native)
	if [ -z "$native" ]; then
		skip 'chromium in its sandbox' "it does not start here: $(tail -n 1 sandbox/native.err | cut -c1-200)"
	else
		equal 'chromium in its sandbox' "$(browse silt SILT_OUT="$work/sandbox/out" LD_PRELOAD="$work/sandbox/libsilt.so"; echo $?)" "$native
0"
		check 'and the browser itself left a snapshot' "$silt" top --limit 1 "$(echo sandbox/out/chromium.* | tr ' ' '\n' | head -n 1)"
	fi
fi
