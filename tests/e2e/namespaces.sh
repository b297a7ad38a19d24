#!/usr/bin/env bash
# Containers as runtimes make them, of namespaces and a root of their own: what silt-containers(7) says is tried here. The image has
# neither libunwind nor /dev/shm nor /tmp, the volume is all that can be written to.
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare --mount --pid --fork --uts --ipc --net true 2>/dev/null; then
	skip 'containers' 'needs root and namespaces'
	exit 0
fi
put() { # FILE...: and the libraries that it needs, at the same paths in the image
	local file
	for file in "$@" $(ldd "$@" 2>/dev/null | grep -o '/[^ ]*[^: ]' | sort -u); do
		mkdir -p "image$(dirname "$file")"
		cp -nL "$file" "image$file"
	done
}
mkdir -p image/{dev,proc,silt,opt/silt,usr/local/bin,usr/local/lib} volume init
mknod -m 666 image/dev/null c 1 3
put /bin/sh /bin/sleep /bin/cp /usr/bin/env /usr/bin/setpriv "$silt"
rm "image$silt"
cp "$samples/cache_unbounded" "$programs/docker_seccomp" "$programs/ends" "$silt" image/usr/local/bin/
cp "$library" image/usr/local/lib/
chmod 1777 volume init
equal 'the image has no libunwind' "$(find image -name 'libunwind*')" ''

# container OPTIONS... -- COMMAND: options are ro, noproc, and memory (64 MiB).
container() {
	local options=' '
	while [ "$1" != -- ]; do
		options+="$1 "
		shift
	done
	shift
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child --uts --ipc --net sh -c '
		options=$1; shift
		case $options in *" memory "*) echo $$ >"$cgroup/cgroup.procs" ;; esac
		mount --make-rprivate / && mount --bind image image && mount --bind volume image/silt && mount --bind init image/opt/silt || exit 125
		case $options in *" noproc "*) ;; *) mount -t proc proc image/proc ;; esac
		case $options in *" ro "*) mount -o remount,ro,bind image && mount -o remount,ro,bind image/opt/silt ;; esac
		exec chroot image "$@"' _ "$options" "$@"
}
blocks() { # DIRECTORY of the volume: live blocks of the one run in it; a verdict depends on how busy the machine is
	"$silt" top --format json "volume/$1" 2>/dev/null | jq .totals.live_blocks
}
busy=(cache_unbounded 40 10)
"$silt" run -q -o volume/outside "$samples/cache_unbounded" 40 0 >plain
all=$(blocks outside)
check 'it keeps blocks' [ "$all" -ge 24000 ]

# -- the lines of a Dockerfile: the program is process 1 --
mapfile -t variables < <(sed -n 's/^ENV //p' "$top_dir/samples/ci/Dockerfile" | tr ' ' '\n' | sed 's/=1m$/=50ms/; s,=/silt$,=/silt/docker,')
container -- env "${variables[@]}" "${busy[@]}" >said 2>&1
equal 'the program says what it says without' "$(cat said)" "$(cat plain)"
equal 'it is recorded with all its blocks' "$(blocks docker)" "$all"

# -- a pod by an init container, as strict as can be --
manifest=$top_dir/samples/fleet/kubernetes-init.yml
if python3 -c 'import yaml' 2>/dev/null; then
	python3 - "$manifest" <<'P' >pod
import sys, yaml
spec = yaml.safe_load(open(sys.argv[1]))['spec']
shop = spec['containers'][0]
print(*spec['initContainers'][0]['command'])
print(*(f"{v['name']}={v['value']}" for v in shop['env']))
print(spec['securityContext']['runAsUser'], spec['securityContext']['seccompProfile']['type'], shop['securityContext']['readOnlyRootFilesystem'],
      shop['securityContext']['capabilities']['drop'], shop['resources']['limits']['memory'])
print({m['name'] for c in spec['containers'] + spec['initContainers'] for m in c['volumeMounts']} == {v['name'] for v in spec['volumes']})
P
	mapfile -t pod <pod
	equal 'the manifest is as strict as what is tried here' "${pod[2]} ${pod[3]}" "1000 RuntimeDefault True ['ALL'] 64Mi True"
	# shellcheck disable=SC2086
	container -- ${pod[0]}
	check 'the init container brings the library' test -e init/libsilt.so
	mv image/usr/local/lib/libsilt.so kept.so
	user=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs docker_seccomp)
	limits=(ro) maximum=memory.max
	export cgroup=/sys/fs/cgroup/silt-test.$$ # version 2, or else 1
	[ -d /sys/fs/cgroup/memory ] && cgroup=/sys/fs/cgroup/memory/silt-test.$$ maximum=memory.limit_in_bytes
	if { [ -e /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/memory ]; } && mkdir "$cgroup" 2>/dev/null && [ -e "$cgroup/$maximum" ]; then
		echo 64M >"$cgroup/$maximum" && limits+=(memory)
	else
		skip '64 MiB' 'no cgroup with a memory controller'
	fi
	# shellcheck disable=SC2046
	container "${limits[@]}" -- "${user[@]}" env $(sed 's/=1m/=50ms/; s,=/silt ,=/silt/pod ,' <<<"${pod[1]}") "${busy[@]}" >said 2>&1
	equal 'the program says what it says without it, too' "$(cat said)" "$(cat plain)"
	equal 'recorded by user 1000' "$(stat -c %u volume/pod/*) $(blocks pod)" "1000 $all"
	container ro -- "${user[@]}" env LD_PRELOAD=/opt/silt/libsilt.so SILT_OUT=/silt/graph SILT_INTERVAL=50ms SILT_GRAPH=all "${busy[@]}" >said 2>&1
	equal 'heap graphs under this profile, without capabilities' "$("$silt" holders --format json volume/graph 2>/dev/null | jq '[.holders[].retained_blocks] | max > 20000')" true
	rmdir "$cgroup" 2>/dev/null
	mv kept.so image/usr/local/lib/libsilt.so
else
	skip 'a pod' 'python3-yaml is not installed'
fi

# -- silt run as process 1 --
# shellcheck disable=SC2016
container -- silt run -q -i 20ms -o /silt/init -- sh -c '(sleep 0.1 &); (sleep 0.2 &); sleep 1
	for stat in /proc/[0-9]*/stat; do read -r line <$stat && case $line in *") Z "*) echo "zombie: $line" ;; esac; done; exit 7' >said 2>&1
equal 'orphans are reaped, the status is the program'"'"'s' "$?:$(cat said)" 7:
container -- silt run -q -o /silt/stopped -- sleep 1000 2>said &
stopping=$!
is_recorded() { compgen -G 'volume/stopped/sleep.*/control'; }
wait_for is_recorded
first=$(pgrep -P "$(pgrep -P $stopping -x unshare || echo $stopping)" -x silt)
kill -TERM "$first"
wait $stopping
equal 'a stop signal to process 1 ends the program' $? 143
equal 'which is recorded to its end' "$("$silt" top --at end --format json volume/stopped | jq -r .snapshot.trigger)" killed

# -- without /proc --
container noproc ro -- env LD_PRELOAD=/usr/local/lib/libsilt.so SILT_OUT=/silt/noproc SILT_INTERVAL=50ms "${busy[@]}" >said 2>&1
equal 'no /proc: the program goes on' "$(cat said)" "$(cat plain)"
equal 'no /proc: recorded with all its blocks' "$(blocks noproc)" "$all"
container ro -- env LD_PRELOAD=/usr/local/lib/libsilt.so SILT_OUT=/nowhere ends return >said 2>&1
equal 'no volume: the program goes on, in silence' "$?:$(cat said)" 3:
container ro -- silt run -q -o /nowhere -- ends return >said 2>&1
equal 'no volume, under silt run: it is said' "$?:$(grep -c 'read-only file system' said)" 3:1

# -- attach from beside: an ephemeral container shares the processes, not the files --
container -- cache_unbounded 100000 20 2>/dev/null &
attaching=$!
found() { target=$(pgrep -f '^cache_unbounded 100000 20' | tail -n 1) && [ -n "$target" ]; }
wait_for found
check 'attach' timeout 60 "$silt" attach -i 50ms --out /silt/attached "$target"
has_snapshots() { [ "$(compgen -G 'volume/attached/*/*.silt' | wc -l)" -ge 25 ]; }
check 'snapshots come into its volume' wait_for has_snapshots
check 'detach' timeout 60 "$silt" detach "$target"
check 'with blocks, also from before' [ "$(blocks attached)" -ge 1000 ]
kill -KILL "$target"
wait $attaching 2>/dev/null
container -- docker_seccomp sleep 1000 2>/dev/null &
attaching=$!
found() { target=$(pgrep -fx 'sleep 1000' | tail -n 1) && grep -q '^Seccomp:	2' "/proc/$target/status"; }
wait_for found
contains 'a filter of system calls: refused, with the reason' "$(timeout 60 "$silt" attach --out /silt/filtered "$target" 2>&1)" 'seccomp'
kill -KILL "$target"
wait $attaching 2>/dev/null

# -- a systemd service of its own directory: the variables of the drop-in --
mapfile -t variables < <(sed -n 's/^Environment=//p' "$top_dir/samples/ci/silt.conf" | tr ' ' '\n' | sed 's/=5m$/=50ms/; s,=/var/lib/silt$,=/silt/service,')
container ro -- setpriv --reuid 1000 --clear-groups env "${variables[@]}" "${busy[@]}" >/dev/null
equal 'the drop-in: recorded with all its blocks' "$(blocks service)" "$all"
