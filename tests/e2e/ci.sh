#!/usr/bin/env bash
# samples/ci: each does what it says, with a program that leaks and with one that does not.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH
export PATH=$top_dir/build/bin:$PATH
recipes=$top_dir/samples/ci

project() { # NAME SAMPLE: a project directory
	mkdir "$1"
	cp "$recipes"/* "$1"
	cp "$samples/../../samples/$2.c" "$1/program.c"
}
for kind in leaking:cache_unbounded:1 steady:cache_lru:0; do
	IFS=: read -r name sample expected <<<"$kind"
	project "make-$name" "$sample"
	project "shell-$name" "$sample"
	project "cmake-$name" "$sample"
	project "meson-$name" "$sample"
	(cd "make-$name" && make soak >log 2>&1; echo $? >status) &
	(cd "shell-$name" && gcc -g -O1 program.c -o program -pthread && ./gate.sh >log 2>&1; echo $? >status) &
	if command -v cmake >/dev/null; then
		(cd "cmake-$name" && cmake -B build . >log 2>&1 && cmake --build build >>log 2>&1 && ctest --test-dir build >>log 2>&1; echo $? >status) &
	fi
	if command -v meson >/dev/null; then
		(cd "meson-$name" && meson setup build >log 2>&1 && meson test -C build --suite soak >>log 2>&1; echo $? >status) &
	fi
	wait
	equal "make: $name" "$(($(cat "make-$name/status") != 0)):$(ls "make-$name/soak.xml")" "$expected:make-$name/soak.xml"
	equal "shell: $name" "$(cat "shell-$name/status")" "$expected"
	for tool in cmake meson; do
		if [ -e "$tool-$name/status" ]; then
			equal "$tool: $name" "$(($(cat "$tool-$name/status") != 0)):$(grep -ci 'not found\|error:' "$tool-$name/log")" "$expected:0"
		else
			skip "$tool: $name" "$tool is not installed"
		fi
	done
done
# Too short to judge: neither passed nor failed, and the reason is in the log.
for tool in cmake:CMakeLists.txt meson:meson.build; do
	IFS=: read -r tool file <<<"$tool"
	command -v "$tool" >/dev/null || continue
	sed -i "s/8s/1s/" "$tool-steady/$file"
done
if command -v cmake >/dev/null; then
	(cd cmake-steady && cmake -B build . && ctest --test-dir build) >short.cmake 2>&1
	contains 'cmake: inconclusive is a skip' "$(cat short.cmake)" '***Skipped'
	check 'with its reason in the log' grep -rqE 'inconclusive|too little to judge' cmake-steady/build/Testing/Temporary/LastTest.log
fi
if command -v meson >/dev/null; then
	(cd meson-steady && meson test -C build --suite soak) >short.meson 2>&1
	contains 'meson: inconclusive is a skip' "$(cat short.meson)" 'SKIP'
	check 'with its reason in the log' grep -rqE 'inconclusive|too little to judge' meson-steady/build/meson-logs
fi
if command -v meson >/dev/null; then
	got=$(cd meson-steady && meson test -C build --wrap 'silt run --interval 250ms --' works >/dev/null 2>&1; echo $?)
	equal 'meson --wrap records a test suite' "$got:$(silt check --allow-inconclusive meson-steady/build/silt-out >/dev/null; echo $?)" 0:0
fi

# The shell parts of the YAML files, as those systems run them.
script() { # FILE PATH: the commands
	python3 -c '
import sys, yaml
at = yaml.safe_load(open(sys.argv[1]))
if "jobs" in at: lines = [s["run"] for s in at["jobs"]["soak"]["steps"] if "run" in s]
else: lines = at["soak"]["script"]
print("\n".join(lines))' "$1"
}
if python3 -c 'import yaml' 2>/dev/null; then
	for system in github gitlab-ci; do
		project "$system-leaking" error_path_lost
		project "$system-steady" error_path_freed
		for name in leaking steady; do
			(cd "$system-$name" && script "$system.yml" >script && GITHUB_STEP_SUMMARY=summary bash -e script >log 2>&1; echo $? >status) &
		done
	done
	wait
	for system in github gitlab-ci; do
		equal "$system: both verdicts" "$(cat "$system-leaking/status" "$system-steady/status" | tr '\n' ' ')" '1 0 '
	done
	contains 'github: an annotation' "$(cat github-leaking/log)" '::error file=program.c,line='
	contains 'github: a summary' "$(cat github-leaking/summary)" '### silt: leaking'
	equal 'github: what is uploaded' "$(jq -r '.runs[0].results[0].ruleId' github-leaking/silt.sarif)" lost
	equal 'gitlab: what is reported' "$(jq -r '.[0].location.path' gitlab-ci-leaking/codequality.json):$(grep -c 'file="program.c"' gitlab-ci-leaking/soak.xml)" program.c:1
else
	skip 'YAML' 'python3-yaml is not installed'
fi

# A service as systemd would start it, with the drop-in's environment.
project service cache_unbounded
gcc -g -O1 service/program.c -o service/program -pthread
mapfile -t variables < <(sed -n 's/^Environment=//p' service/silt.conf | tr ' ' '\n' |
	sed "s,/usr/local/lib/libsilt.so,$library,; s,/var/lib/silt,$PWD/state,; s,=5m,=100ms,")
env "${variables[@]}" timeout 5 service/program 100000 >/dev/null
equal 'a service with the drop-in' "$(silt check state >/dev/null; echo $?)" 1
if command -v systemd-analyze >/dev/null; then
	mkdir -p unit/x.service.d && cp service/silt.conf unit/x.service.d/
	printf '[Service]\nExecStart=/bin/true\n' >unit/x.service
	equal 'systemd reads it' "$(systemd-analyze verify "$PWD/unit/x.service" 2>&1 | grep -c silt.conf)" 0
fi
equal 'Dockerfile: only what it needs' "$(grep -vE '^(#|FROM|COPY|ENV|VOLUME|CMD)' "$recipes/Dockerfile")" ''

# Test programs.
for framework in check cmocka; do
	if ! pkg-config --exists $framework; then
		skip "$framework" 'not installed'
		continue
	fi
	# shellcheck disable=SC2046
	check "$framework: builds without a warning" gcc -g -O1 -Wall -Wextra -Werror -I"$top_dir/include" "$recipes/${framework}_test.c" \
		-o ${framework}_test $(pkg-config --cflags --libs $framework) -ldl
	CK_FORK=no silt run -o $framework-steady ./${framework}_test >/dev/null 2>&1
	LEAK=1 CK_FORK=no silt run --graph all -o $framework-leaking ./${framework}_test >/dev/null 2>&1
	equal "$framework: both verdicts" "$(silt check $framework-steady >/dev/null; echo $?; silt check $framework-leaking >leak.txt; echo $?)" "$(printf '0\n1')"
done
