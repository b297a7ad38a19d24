#!/usr/bin/env bash
# The Debian source package builds, lintian has nothing to say, and what it installs works from its own directories.
. "$(dirname "$0")/lib.sh"

for tool in dpkg-buildpackage dh lintian; do
	if ! command -v $tool >/dev/null; then
		skip 'the Debian package' "there is no $tool"
		exit 0
	fi
done
if ! git -C "$top_dir" rev-parse --git-dir >/dev/null 2>&1; then
	skip 'the Debian package' 'this is no git work tree'
	exit 0
fi
version=$(dpkg-parsechangelog -l "$top_dir/debian/changelog" -S Version)
equal 'the version is that of the program' "silt $version" "$("$silt" --version | head -n 1)"
mkdir source
git -C "$top_dir" ls-files -z | tar -C "$top_dir" --null --files-from=- -cf - | tar -C source -xf -
jobs=$(nproc)
export CCACHE_DIR=${CCACHE_DIR:-$HOME/.cache/ccache} HOME=$work DEB_BUILD_OPTIONS="parallel=$jobs"
# What the package compiles for its tests has the flags of build/bin/unit, which runs all suites: nothing is compiled again, though the
# directory is another, and one suite shows that the tests are built and run.
export CCACHE_NOHASHDIR=1 CK_RUN_SUITE=size
check 'dpkg-buildpackage' timeout -k 5 1000 bash -c 'cd source && dpkg-buildpackage -us -uc'
check 'lintian' env "TMPDIR=$work" lintian --fail-on error,warning,info -I silt_*.changes
depends() { # PACKAGE: the names of the packages that it needs
	dpkg-deb -f "$1"_"$version"_*.deb Depends | tr ',' '\n' | sed 's/^ *//; s/ .*//; s/t64$//' | sort | paste -sd' '
}
equal 'silt-record needs no other libraries' "$(depends silt-record)" 'libc6 libdw1 libelf1 zlib1g'
equal 'silt needs what all commands use' "$(depends silt)" 'libcurl4 libncursesw6 silt-record'
check 'silt-record unpacks' dpkg-deb -x silt-record_"$version"_*.deb root
check 'runs' bash -c 'root/usr/bin/silt run -o out -- root/usr/bin/silt --version && ls out/silt.*/0001.silt'
contains 'with the library of the package' "$(root/usr/bin/silt --version)" "$work/root/usr/lib/silt/libsilt.so"
check 'silt unpacks' dpkg-deb -x silt_"$version"_*.deb root
equal 'every page is there' "$(cd root/usr/share/man && find . -name '*.gz' | sed 's|.*/||; s|\.gz$||' | sort)" "$(cd "$top_dir/man" && printf '%s\n' *.[1-9] | sort)"
equal 'completions, header, pkg-config' "$(cd root/usr && ls share/bash-completion/completions/silt share/zsh/*/_silt include/silt.h share/pkgconfig/silt.pc | wc -l)" 4
check 'README' ls root/usr/share/doc/silt/README.md.gz
equal 'the samples' "$(cd root/usr/share/doc/silt/examples && find . -type f | sort)" "$(cd "$top_dir/samples" && git ls-files . | sed 's|^|./|' | sort)"
files() { # PACKAGE
	dpkg-deb -c "$1"_"$version"_*.deb | awk '$6 !~ "/$" { print $6 }' | sort
}
equal 'no file is in both packages' "$(comm -12 <(files silt) <(files silt-record))" ''
