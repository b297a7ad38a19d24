#!/usr/bin/env bash
# What records in a container needs few libraries, and no other file: silt records and reports in a root that has nothing else. A command
# that uses one more library says which.
. "$(dirname "$0")/lib.sh"

needed() { # FILE: the libraries that it is linked to
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | paste -sd' '
}
libraries=$(needed "$silt")
if [ "$(cc -print-file-name=libprotobuf-c.a)" = libprotobuf-c.a ]; then
	skip 'the libraries of silt' 'there is no libprotobuf-c.a (libprotobuf-c-dev)'
else
	equal 'the libraries of silt' "$(tr ' ' '\n' <<<"$libraries" | grep -vxF libm.so.6 | paste -sd' ')" 'libc.so.6 libdw.so.1 libelf.so.1 libz.so.1'
fi
equal 'the libraries of libsilt.so' "$(needed "$library")" 'libc.so.6'

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user)
if ! "${as_root[@]}" unshare --mount --pid --fork true 2>/dev/null; then
	skip 'a root with nothing else' 'needs root or user namespaces (sysctl kernel.unprivileged_userns_clone=1)'
	exit 0
fi
mkdir -p root/usr/bin root/usr/lib/silt root/proc
for file in $(ldd "$silt" "$library" "$samples/cache_unbounded" | grep -o '/[^ ]*[^: ]' | grep '\.so' | grep -vxF "$library" | sort -u); do
	mkdir -p "root${file%/*}"
	cp -nL "$file" "root$file"
done
cp "$silt" root/usr/bin/
cp "$library" root/usr/lib/silt/
cp "$samples/cache_unbounded" root/
equal 'there is no shell' "$(find root -name '*sh')" ''
# inside COMMAND...: in that root, with /proc of a namespace of its own
inside() {
	# shellcheck disable=SC2016 # for the inner shell
	"${as_root[@]}" unshare --mount --pid --fork --kill-child --mount-proc=root/proc chroot root "$@"
}
# Snapshots at a steady pace: a verdict needs some intervals, however busy the machine is.
check 'silt run' inside /usr/bin/silt run -q --graph all -i 100ms -o /out -- /cache_unbounded 20 100
inside /usr/bin/silt report --limit 1 /out >report 2>err
equal 'silt report has no errors' "$?:$(cat err)" '0:'
contains 'silt report: the verdict' "$(cat report)" ': leaking'
contains 'silt report: the line and the holder' "$(cat report)" "1. growing-cache (confidence 0.90): cache ("
contains 'silt report: the path' "$(cat report)" 'path: cache.buckets[].next'
check 'silt diff' inside /usr/bin/silt diff /out
check 'silt html' inside /usr/bin/silt html -o /page.html /out
check 'the page' grep -q 'growing-cache' root/page.html
inside /usr/bin/silt export --format pprof /out >pprof
equal 'silt export needs no library for pprof' "$?:$(gzip -t <pprof 2>&1)" '0:'

inside /usr/bin/silt push --to pyroscope http://localhost:1 /out >said 2>&1
equal 'silt push names what it needs' "$?:$(cat said)" '2:silt push: libcurl.so.4 cannot be loaded; install curl'"'"'s library (package libcurl4)'
if script -qec true /dev/null >/dev/null 2>&1; then
	SHELL=/bin/bash script -qec "$(declare -p as_root); $(declare -f inside); inside /usr/bin/silt watch /out" /dev/null >said </dev/null
	equal 'silt watch names what it needs' "$?:$(tr -d '\r' <said)" '2:silt watch: libncursesw.so.6 cannot be loaded; install ncurses (package libncursesw6), or use silt timeline and silt report, which print the same'
else
	skip 'silt watch without ncurses' 'there is no script (bsdutils)'
fi
