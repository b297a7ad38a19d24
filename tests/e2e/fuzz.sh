#!/usr/bin/env bash
# A short search for inputs that break a parser: snapshots, what every command prints of them, text the analyzer reads, what the
# library reads. tests/torture.md says how long they have been searched for.
. "$(dirname "$0")/lib.sh"

export ASAN_OPTIONS=allocator_may_return_null=1
while read -r name seconds longest; do
	fuzzer=$top_dir/build-san/bin/fuzz_$name
	if [ ! -x "$fuzzer" ]; then
		skip "fuzzing: $name" 'not built; tests/run does'
		continue
	fi
	mkdir "$name" # what is found goes there; the kept corpus stays as it is
	check "fuzzing: $name" "$fuzzer" -max_total_time="$seconds" -max_len="$longest" -timeout=30 -verbosity=0 \
		-artifact_prefix="$work/" "$name" "$top_dir/tests/fuzz/corpus/$name"
done <<END
snapshot 7 20000
commands 10 60000
text 5 4000
shim 5 6000
END
