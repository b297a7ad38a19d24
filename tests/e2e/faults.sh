#!/usr/bin/env bash
# The outside fails: no space, no permission, no memory, killed half-way. The program goes on, no half file is left.
. "$(dirname "$0")/lib.sh"

run_of() { find "$1" -name '*.silt' 2>/dev/null | wc -l; }

# A file-size limit is a full disk for one process. SIGXFSZ is ignored so that write() says EFBIG.
(trap '' XFSZ; ulimit -f 1; exec "$silt" run -o full "$programs/throws") >out 2>err
equal 'no space: the program goes on' "$?:$(cat out)" '0:100 1000'
equal 'no space: nothing half is left' "$(find full -type f | wc -l)" 0
contains 'no space: silt run says so' "$(cat err)" 'silt'

mkdir locked && chmod 500 locked
if [ "$(id -u)" -eq 0 ]; then
	runner='setpriv --reuid nobody --clear-groups'
	chmod 755 "$work" && chown nobody locked
else
	runner=
fi
# shellcheck disable=SC2086
SILT_OUT=$work/locked/out LD_PRELOAD=$library $runner "$programs/ends" return >out 2>&1
equal 'no permission: the program goes on, silently' "$?:$(cat out)" '3:'
chmod 700 locked

echo file >plain
SILT_OUT=plain/out LD_PRELOAD=$library "$programs/ends" return >out 2>&1
equal 'a file where the directory should be' "$?:$(cat out)" '3:'

# Our tables do not fit, or only just: the program runs to its end.
for kilobytes in 16000 20000 40000 80000 120000 200000; do
	got=$(ulimit -v $kilobytes; SILT_OUT=tight-$kilobytes LD_PRELOAD=$library exec "$programs/throws" 2>err)
	equal "address space of $kilobytes KiB" "$?:$got:$(cat err)" '0:100 1000:'
done

# Killed at any moment: what stands under its final name is whole.
for delay in 0.05 0.11 0.17 0.23 0.29 0.31; do
	"$silt" run -o killed -i 2ms "$programs/grower" 5000 2>/dev/null &
	sleep $delay
	pkill -KILL -f "^$programs/grower 5000" # the helper too: it has the same command line
	wait $!
done 2>/dev/null
n=0
for s in killed/*/*.silt; do
	"$silt" top "$s" >/dev/null 2>message || { cat message; n=$((n + 1)); }
done
equal 'killed while it writes: every file is whole' "$n" 0
equal 'and there were some' "$(($(run_of killed) > 10))" 1

# Descriptors: none of ours is in the way.
cat >fds.py <<'PY'
import os
os.closerange(3, 65536)
print(os.open("/dev/null", os.O_RDONLY))
for i in range(1000): bytearray(10000)
PY
python=/usr/bin/python3
[ -x $python ] || python=python3
equal 'a program that closes every descriptor' "$("$silt" run -o fds -i 20ms $python fds.py)" "$($python fds.py)"
equal 'and is recorded' "$(($(run_of fds) >= 1))" 1
equal 'descriptors are numbered as without' "$("$silt" run -o fds2 $python -c 'import os; print(os.open("/", 0), os.dup(0))')" '3 4'
equal 'with ten descriptors only' "$(ulimit -n 10; "$silt" run -o fds3 "$programs/throws")" '100 1000'

# Removed while it runs.
"$silt" run -o removed -i 20ms "$programs/grower" 600 2>/dev/null &
sleep 0.2
rm -rf removed
wait $!
equal 'the output directory is removed: it is made again' "$?:$(($(run_of removed) >= 1))" '0:1'

equal 'a name used twice gets a number' "$(cd "$work" && mkdir -p twice && "$silt" run -o twice sh -c 'mkdir -p twice/ends.$$; exec '"$programs"'/ends return'; ls twice | grep -c 'ends.*\.2$')" 1
