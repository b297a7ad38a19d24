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

# -- near a limit: data is the program's alone, of address space silt takes a quarter; counts stay exact, and what fails is said --
within() { # OPTION KILOBYTES COMMAND...
	local option=$1 most=$2
	shift 2
	(ulimit "$option" "$most" && STATUS=1 "$@")
}
for option in -d -v; do
	native=$(figure got "$(within $option 40000 "$limits" fill)")
	ours=$(within $option 40000 "$silt" run -i 20ms --graph all -o "near$option" "$limits" fill 2>"near$option.err")
	got=$(figure got "$ours")
	[ $option = -d ] && least=$((native - 2000)) || least=$(((native - 4000) * 3 / 4))
	check "ulimit $option: it gets $got kB, $native without silt" test "${got:-0}" -ge "$least"
	total=$(totals "near$option" total_blocks) own=$(figure blocks "$ours")
	check "ulimit $option: $total blocks are recorded of its $own, and a few of the C library's" test $((total - own)) -ge 0 -a $((total - own)) -le 20
done
contains 'ulimit -v: it is said how much silt takes' "$(cat near-v.err)" 'an allocation failed at the limit of address space (ulimit -v 40000), of which libsilt takes '
equal 'ulimit -d: there is nothing to say' "$(cat near-d.err)" ''
