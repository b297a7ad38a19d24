#!/usr/bin/env bash
# Annotations, SARIF and GitLab's report name files from the root of the repository, wherever a program was built and silt was run.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH GITHUB_WORKSPACE CI_PROJECT_DIR
export CCACHE_DISABLE=1 # an object of another directory has its paths

mkdir -p repository/src repository/by-make && cd repository || exit 1
git init -q .
cp "$top_dir/samples/cache_unbounded.c" src/program.c
# On a machine that is busy for a moment the run is inconclusive: then it is tried again.
cat >gate <<END
#!/bin/sh
# gate DIRECTORY PROGRAM
for attempt in 1 2 3; do
	rm -rf "\$1/out"
	'$silt' run -q -i 100ms -o "\$1/out" "\$2" 60 50
	annotations=\$('$silt' check --format github --output "sarif=\$1/silt.sarif" --output "gitlab=\$1/silt.json" "\$1/out")
	status=\$?
	[ \$status -eq 3 ] || break
done
echo "\$annotations"
exit \$status
END
chmod +x gate
# named NAME DIRECTORY OUTPUT: what was named there
named() {
	equal "$1: annotations" "$(grep -oE '::(error|warning) file=[^,]*' "$3" | sort -u)" '::error file=src/program.c'
	equal "$1: SARIF" "$(jq -r '.runs[].results[].locations[].physicalLocation.artifactLocation.uri' "$2/silt.sarif" | sort -u)" src/program.c
	equal "$1: GitLab" "$(jq -r '.[].location.path' "$2/silt.json" | sort -u)" src/program.c
}

printf 'check:\n\tcc -g -O1 -o program ../src/program.c -pthread\n\t../gate . ./program\n' >by-make/Makefile
make -s -C by-make check >make.out 2>&1
named 'make in a directory' by-make make.out

if command -v meson >/dev/null && command -v ninja >/dev/null; then
	cat >meson.build <<END
project('x', 'c', default_options: ['debug=true'])
program = executable('program', 'src/program.c', dependencies: dependency('threads'))
test('soak', find_program('$work/repository/gate'), args: ['$work/repository/by-meson', program])
END
	meson setup by-meson >meson.log 2>&1 && meson test -C by-meson >>meson.log 2>&1
	named 'Meson' by-meson by-meson/meson-logs/testlog.txt
else
	skip 'Meson' 'meson or ninja is not installed'
fi

if command -v cmake >/dev/null; then
	cat >CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.13)
project(x C)
find_package(Threads)
add_executable(program src/program.c)
target_compile_options(program PRIVATE -g -O1)
target_link_libraries(program Threads::Threads)
enable_testing()
add_test(NAME soak COMMAND $work/repository/gate . ./program)
END
	cmake -S . -B by-cmake >cmake.log 2>&1 && cmake --build by-cmake >>cmake.log 2>&1
	(cd by-cmake && ctest -V) >ctest.out 2>&1
	named 'CTest' by-cmake ctest.out
else
	skip 'CTest' 'cmake is not installed'
fi
