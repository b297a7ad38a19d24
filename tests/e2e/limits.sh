#!/usr/bin/env bash
# Memory that is locked (mlockall) or limited (ulimit -v, -d, -l): what succeeds without silt succeeds with it, and silt takes little.
. "$(dirname "$0")/lib.sh"

limits=$programs/limits
recorded() { SILT_OUT=$work/out LD_PRELOAD=$library "$limits" "$@"; }
figure() { awk -v name="$1:" '$1 == name { print $2 }' <<<"$2"; }
bounded() { # NAME FIGURE KILOBYTES ARGUMENTS...: recorded takes no more than that beyond native
	local name=$1 what=$2 most=$3 native ours
	shift 3
	native=$(figure "$what" "$(STATUS=1 "$limits" "$@")") ours=$(figure "$what" "$(STATUS=1 recorded "$@")")
	check "$name: $what $native kB, recorded $ours kB" test $((ours - native)) -le "$most"
}

for way in lock-first lock-last; do
	equal "$way: as without" "$(recorded $way 8)" "$("$limits" $way 8)"
	# a quarter of the heap as glibc lays it out, and what there is from the start
	bounded $way VmLck 8000 $way 8
	bounded $way VmRSS 8000 $way 8
done
bounded 'address space' VmSize 8000 heap 8
bounded 'data' VmData 8000 heap 8
"$silt" run -i 20ms -o served "$limits" lock-first 8 >served.out
equal 'mlockall under silt run' "$(cat served.out)" "$("$limits" lock-first 8)"
