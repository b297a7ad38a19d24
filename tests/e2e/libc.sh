#!/usr/bin/env bash
# Older C libraries, as far as this one can stand for them: the dynamic linker's list of modules in place of _dl_find_object (glibc
# before 2.35), and thread-local variables found without the symbols of libthread_db. `make check-distros` runs real ones.
. "$(dirname "$0")/lib.sh"
export SILT_LIBRARY=$programs/libsilt-asserts.so SILT_TEST_OBJECTS=list SILT_TEST_LAYOUT=own

for program in counts throws signals crowd forks; do
	got=$(SILT_SELFCHECK=1 timeout 60 "$silt" run -o "self-$program" "$programs/$program" 2>&1 >/dev/null)
	equal "$program: every fast traceback is libunwind's" "$got" ''
done
plugins=("$programs/a_plugin.so" "$programs/b_plugin.so")
equal 'plugins come and go' "$("$silt" run -o host "$programs/host" "${plugins[@]}")" 500
for plugin in a b; do
	got=$("$silt" top --format json --by function --include from_plugin_$plugin host | jq -c '.stats[0] | [.count, .size]')
	equal "blocks of plugin $plugin, loaded where the other was" "$got" \
		"$([ $plugin = a ] && echo '[250,277750]' || echo '[250,555500]')"
done
equal 'unloaded modules are kept' "$("$silt" dump "host/$(ls host)/0001.silt" | grep -c '_plugin.so$')" 500
# Plugins come and go while another thread meets new program counters and a third forks.
equal 'turmoil' "$(timeout 60 "$silt" run -i 50ms -o churn "$programs/churn" "$programs/churn_plugin.so" 20 >/dev/null 2>&1; echo $?)" 0
for mode in tls_static tls_of_thread module_tls specific simple; do
	"$silt" run --graph last -o "lost-$mode" "$programs/lost_cases" $mode >/dev/null
	equal "lost blocks of $mode" "$("$silt" lost --format json "lost-$mode" | jq .totals.direct_bytes)" "$([ $mode = simple ] && echo 1009 || echo 0)"
done

# -- what the library asks of the C library --
needed=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -n 1)
equal 'no symbol is newer than glibc 2.28' "$(printf '%s\nGLIBC_2.28\n' "$needed" | sort -V | tail -n 1)" GLIBC_2.28
equal 'none is private to the C library' "$(objdump -T "$library" | grep -c GLIBC_PRIVATE)" 0
