#!/usr/bin/env bash
# The library for aarch64 under qemu-user, its snapshots read by the program of this machine. `make check-aarch64` does more.
. "$(dirname "$0")/lib.sh"
sysroot=$top_dir/build-sysroot-aarch64 cross=$top_dir/build-aarch64
library=$cross/lib/libsilt.so programs=$cross/tests
for tool in aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ qemu-aarch64; do
	if ! command -v $tool >/dev/null; then
		skip 'aarch64' "there is no $tool here"
		exit 0
	fi
done
if ! make -C "$top_dir" --no-print-directory -s sysroot ARCH=aarch64 >"$work/log" 2>&1; then
	skip 'aarch64' "the libraries of Debian's arm64 cannot be had: $(tail -n 1 "$work/log")"
	exit 0
fi
# The libraries of the other machine are not where they were loaded from: that is said each time.
totals() {
	"$silt" top --format json --limit 1 "$1" 2>/dev/null | jq ".totals.$2"
}
needed=(counts swap crowd deep throws signals host ends family forks pools a_plugin.so b_plugin.so)
check 'library and test programs build without a warning' make -C "$top_dir" --no-print-directory -s ARCH=aarch64 WERROR=1 \
	build-aarch64/lib/libsilt.so "${needed[@]/#/build-aarch64/tests/}"

# guest OUT VARIABLE=VALUE... PROGRAM ARGUMENT...: under the emulator and the library
guest() {
	local set=(-E "SILT_OUT=$work/$1" -E "LD_PRELOAD=$library")
	shift
	while [[ $1 == *=* ]]; do
		set+=(-E "$1")
		shift
	done
	# With larger pages qemu takes the rest of the dynamic linker's last page for unmapped, as far as vector loads go: a
	# processor without SVE then.
	timeout -k 5 120 qemu-aarch64 -L "$sysroot" ${page:+-p "$page" -cpu cortex-a72} "${set[@]}" "$@"
}
bare() {
	timeout -k 5 120 qemu-aarch64 -L "$sysroot" "$@"
}

check 'the family works' guest family "$programs/family"
for page in '' 65536; do
	size=${page:+, pages of 64 KiB}
	expected=$(guest "counts$page" "$programs/counts")
	equal "the program's output is the same$size" "$expected" "$(bare "$programs/counts")"
	check "counts per function$size" python3 "$top_dir/tests/e2e/compare_counts.py" "$silt" "counts$page" <<<"$expected"
	expected=$(guest "swap$page" "$programs/swap")
	equal "8 threads that free each other's blocks$size" "$("$silt" top --by function --include work --format json "swap$page" 2>/dev/null |
		jq -r '.stats[0] | "\(.total_blocks) \(.total_bytes) \(.count) \(.size)"')" "$expected"
done
page=
# (What depends on /proc/self/pagemap cannot be told under such pages here: the emulator shows the pages of this machine.)
guest deep SILT_DEPTH=256 "$programs/deep"
equal 'a deep stack' "$("$silt" top --include descend --format json deep 2>/dev/null | jq '.stats[0].traceback | length')" 256
equal 'no stack is incomplete' "$(totals counts tracebacks_failed) $(totals deep tracebacks_failed)" '0 0'
got=$(guest throws "$programs/throws")
equal 'C++ exceptions arrive' "$got" "$(bare "$programs/throws")"
contains 'C++ names' "$("$silt" top --traceback --include '*throws.cc' --all-frames throws 2>/dev/null)" 'shop::Registry::add'
guest signals "$programs/signals" >/dev/null
trace=$("$silt" top --traceback --include handler_allocates signals 2>/dev/null)
contains 'blocks of a signal handler' "$trace" 'count=100'
contains 'its stack goes on below the signal frame' "$trace" 'in raise_signal'
contains 'down to main' "$trace" 'in main'
got=$(guest host "$programs/host" "$programs/a_plugin.so" "$programs/b_plugin.so")
equal 'plugins come and go' "$got" 500
for plugin in a b; do
	equal "blocks of plugin $plugin, loaded where the other was" "$("$silt" top --format json --by function \
		--include from_plugin_$plugin host 2>/dev/null | jq -c '.stats[0] | [.count, .size]')" \
		"$([ $plugin = a ] && echo '[250,277750]' || echo '[250,555500]')"
done
for program in counts throws host signals; do
	set -- "$programs/$program"
	[ $program = host ] && set -- "$@" "$programs/a_plugin.so" "$programs/b_plugin.so"
	equal "$program: every fast traceback is libunwind's" "$(guest "self-$program" SILT_SELFCHECK=1 "$@" 2>&1 >/dev/null)" ''
done
aarch64-linux-gnu-gcc --sysroot="$sysroot" -O2 -fno-builtin -fno-optimize-sibling-calls -mbranch-protection=standard \
	"$top_dir/tests/programs/deep.c" -o signed
guest out-signed SILT_DEPTH=256 ./signed
equal 'a deep stack of signed return addresses' "$("$silt" top --include descend --format json out-signed 2>/dev/null |
	jq '.stats[0].traceback | length')" 256
while read -r way status; do
	guest "end-$way" "$programs/ends" "$way" 2>/dev/null
	equal "$way: exit status, and a last snapshot with everything" \
		"$? $("$silt" top --skip none --by function --include main --format json "end-$way" 2>/dev/null | jq '.stats[0].size')" "$status 1000"
done <<END
return 3
_exit 5
quick_exit 7
abort 134
thread 9
main_thread_first 9
END

# The same site by name, line and build id, whoever reads it.
contains 'a snapshot says of what machine it is' "$("$silt" dump counts/*/0001.silt)" 'machine 183'
contains 'functions of its libraries, from SILT_SYSROOT' "$(SILT_SYSROOT=$sysroot "$silt" top --traceback --all-frames counts)" \
	'__libc_start_main'
contains 'source lines of the other machine' "$("$silt" top --by line --include '*counts.c' counts 2>/dev/null)" \
	"$top_dir/tests/programs/counts.c:"
contains 'libraries of the other machine by build id' "$("$silt" dump counts/*/0001.silt)" \
	"$(readelf -n "$sysroot/lib/aarch64-linux-gnu/libc.so.6" | awk '/Build ID/ { print $3 }')"
