# silt. `make help` says what can be asked for.
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
SHELL := /bin/bash

PREFIX ?= /usr/local
# Where libsilt.so goes: there or in $(PREFIX)/lib/silt the silt program looks for it.
LIBDIR ?= $(PREFIX)/lib
# The sanitizers are clang's, so that the fuzzers are linked from the same objects as the unit tests.
CC = $(if $(SAN),clang,gcc)
CXX = g++
VERSION := 0.2.0
# With sanitizers -O1 takes three times as long to compile as -O0, and fuzzers and unit tests are hardly faster.
OPTIMIZED := $(if $(DEBUG)$(SAN),-O0,-O2)
OPTIMIZE = $(OPTIMIZED)
# For another machine: ARCH=aarch64, with Debian's cross compiler; its libraries are unpacked by tests/cross/sysroot.
ifdef ARCH
SYSROOT ?= $(abspath build-sysroot-$(ARCH))
CC = $(ARCH)-linux-gnu-gcc --sysroot=$(SYSROOT)
CXX = $(ARCH)-linux-gnu-g++ --sysroot=$(SYSROOT)
endif
# Another build beside the plain one gets a directory of its own, such as build-san or build-clang-O0.
B ?= build$(if $(ARCH),-$(ARCH))$(if $(DEBUG),-debug)$(if $(SAN),-san,$(if $(findstring clang,$(CC)),-clang))$(filter-out $(OPTIMIZED),$(OPTIMIZE))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla $(if $(WERROR),-Werror)
COMMON := -std=gnu11 -D_GNU_SOURCE -Iinclude $(OPTIMIZE) $(if $(DEBUG),-g3,-g) $(if $(DEBUG)$(SAN),-DSILT_DEBUG) $(WARNINGS)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fsanitize=fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer)

# In the library: no stack protector (its handler lives in the program), thread-local storage at a fixed offset (no call,
# no allocation at the first use in a thread), no assumptions about what malloc does. Its own functions are bound to each other: one
# that is opened while the program runs comes last in the search order.
PRELOAD_CFLAGS := $(COMMON) -Ipreload -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-stack-protector -fno-builtin-malloc \
	-fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free -fno-tree-slp-vectorize
PRELOAD_LDFLAGS := -shared -Wl,-soname,libsilt.so -Wl,-z,now,-z,relro,-z,defs,-z,noexecstack \
	-Wl,-Bsymbolic-functions
ANALYZER_CFLAGS := $(COMMON) $(SANITIZE) -Ianalyzer -I$B/analyzer $(CPPFLAGS) $(CFLAGS)
# What records in a container has few libraries: libprotobuf-c is linked statically where it can be; ncurses, libcurl and libcapstone are
# loaded when they are used.
ANALYZER_LIBS = -ldw -lelf -lz -liberty -lm $(if $(wildcard $(shell $(CC) -print-file-name=libprotobuf-c.a)),-l:libprotobuf-c.a,-lprotobuf-c) \
	-ldl -pthread

PRELOAD_SOURCES := $(filter-out preload/selftest/%,$(wildcard preload/*/*.c))
PRELOAD_OBJECTS := $(patsubst %.c,$B/%.o,$(PRELOAD_SOURCES))
MESSAGES := $B/analyzer/render/pprof.pb-c $B/analyzer/render/otlp.pb-c
ANALYZER_OBJECTS := $(patsubst %.c,$B/%.o,$(wildcard analyzer/*.c analyzer/*/*.c)) $(MESSAGES:=.o)
UNIT_SOURCES := $(wildcard tests/unit/*.c)
UNIT_OBJECTS := $(patsubst %.c,$B/%.o,$(UNIT_SOURCES))
SAMPLES := $(patsubst samples/%.c,$B/samples/%,$(wildcard samples/*.c))
PROGRAMS := $(patsubst tests/programs/%.c,$B/tests/%,$(filter-out %_plugin.c,$(wildcard tests/programs/*.c))) \
	$(patsubst tests/programs/%_plugin.c,$B/tests/%_plugin.so,$(wildcard tests/programs/*_plugin.c)) \
	$(patsubst tests/programs/%.cc,$B/tests/%,$(wildcard tests/programs/*.cc))
MAN_PAGES := $(wildcard man/*.[1-9])
SCRIPTS := .ci/run .ci/setup analyzer/completions/silt.bash $(wildcard tests/run tests/one tests/support/gate tests/torture/run tests/torture/*.sh tests/cross/* tests/distros/* tests/*.sh tests/e2e/*.sh \
	samples/*.sh samples/*/*.sh)

.PHONY: all samples programs fuzzers no-fuzzers setup sysroot demo check test check-aarch64 check-distros check-bare check-real check-attach torture accuracy gate bench unit lint format help clean install uninstall

all: $B/bin/silt $B/lib/libsilt.so $B/lib/libsilt-selftest.so

$B/lib/libsilt.so: $(PRELOAD_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) $(PRELOAD_LDFLAGS) $^ -o $@

# For tests: a library in which a chosen system call of the helper, the stopper or the twin fails, or is their last.
$B/tests/libsilt-faults.so: $(PRELOAD_OBJECTS) tests/support/faults.c
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) $(PRELOAD_LDFLAGS) -Ipreload $^ -Wl,--wrap=rt_syscall -o $@

# For tests: the library as it is released, but for its assertions (include/silt_assert.h).
$B/asserts-preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) -DSILT_DEBUG -MMD -MP -c $< -o $@
$B/tests/libsilt-asserts.so: $(patsubst preload/%.c,$B/asserts-preload/%.o,$(PRELOAD_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) $(PRELOAD_LDFLAGS) $^ -o $@

$B/lib/libsilt-selftest.so: preload/selftest/leak.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIC -shared -Wl,-z,defs $(LDFLAGS) $< -o $@ -pthread

$B/bin/silt: $(ANALYZER_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) $(LDFLAGS) $^ $(ANALYZER_LIBS) -o $@

$B/preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) -MMD -MP -c $< -o $@

# It runs in the middle of the program's code: no vector register may change.
$B/preload/graph/rest.o $B/asserts-preload/graph/rest.o: PRELOAD_CFLAGS += -mgeneral-regs-only

$B/analyzer/%.o: analyzer/%.c
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) -MMD -MP -c $< -o $@

# Changes when VERSION does, and with it what includes it.
$B/analyzer/silt_release.h: FORCE
	@mkdir -p $(@D)
	@echo '#define SILT_RELEASE "$(VERSION)"' | cmp -s - $@ || echo '#define SILT_RELEASE "$(VERSION)"' >$@
$(ANALYZER_OBJECTS): | $B/analyzer/silt_release.h
FORCE:

# The messages of pprof's and OpenTelemetry's formats.
$(MESSAGES:=.c): $B/%.pb-c.c: %.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=analyzer/render --c_out=$(@D) $<
$(MESSAGES:=.h): %.h: %.c
$(MESSAGES:=.o): %.o: %.c
	$(CC) $(ANALYZER_CFLAGS) -c $< -o $@
$B/analyzer/render/pprof.o $B/analyzer/render/pprof_pack.o: $B/analyzer/render/pprof.pb-c.h
$B/analyzer/serve/otlp.o $B/analyzer/push/collector.o: $B/analyzer/render/otlp.pb-c.h

# The page's script and style are taken in by the assembler, which tells make nothing of it.
$B/analyzer/render/html_assets.o: $(wildcard analyzer/render/html/*)

samples: $(SAMPLES)
programs: $(PROGRAMS) $B/tests/libsilt-faults.so $B/tests/libsilt-asserts.so

$B/samples/%: samples/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) $< -o $@ -pthread

$B/tests/%_plugin.so: tests/programs/%_plugin.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) -shared -fPIC $< -o $@ -pthread

# A tail call leaves no frame to be seen.
$B/tests/%: tests/programs/%.c include/silt.h $(wildcard tests/programs/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -Iinclude -O2 -g $(WARNINGS) -fno-builtin -fno-optimize-sibling-calls $< -o $@ \
		-pthread -ldl

$B/tests/%: tests/programs/%.cc
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O2 -g -Wall -Wextra $< -o $@ -pthread -ldl

# The unit tests of the library's rooms link its objects without those that define malloc & co; `make programs` tests
# those from outside.
UNIT_PRELOAD := $(patsubst %.c,$B/unit-%.o,$(filter-out $(wildcard preload/record/interpose*.c) \
	preload/record/redirect.c preload/record/allocator_calls.c preload/record/built_in.c preload/record/built_in_calls.c $(patsubst %,preload/control/%.c,atfork attach control ending exits identity run start) \
	$(wildcard preload/control/helper*.c preload/api/*.c),$(PRELOAD_SOURCES)))

$B/unit-preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -Ipreload $(SANITIZE) -fPIC -MMD -MP -c $< -o $@

# A suite is a file test_NAME.c that defines NAME_suite().
$B/tests/unit/suites.inc: $(UNIT_SOURCES) Makefile
	@mkdir -p $(@D)
	@printf '#define SUITES(S) %s\n' "$(patsubst tests/unit/test_%.c,S(%),$(filter tests/unit/test_%,$(UNIT_SOURCES)))" >$@
$(UNIT_OBJECTS): | $B/tests/unit/suites.inc
$B/tests/unit/main.o: $B/tests/unit/suites.inc

$B/tests/unit/test_exports.o: $B/analyzer/render/pprof.pb-c.h
$B/tests/unit/test_snapshot.o: $(wildcard tests/formats/*/*.silt)
$B/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) -Ipreload -Itests -I$B/tests -MMD -MP -c $< -o $@

$B/bin/unit: $(UNIT_OBJECTS) $(filter-out $B/analyzer/main.o,$(ANALYZER_OBJECTS)) $(UNIT_PRELOAD)
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) $^ $(ANALYZER_LIBS) -lcheck -lsubunit -lm -lrt -pthread -o $@

unit: $B/bin/unit

# $B/bin/fuzz_X CORPUS_DIRECTORY runs one.
FUZZERS := $B/bin/fuzz_snapshot $B/bin/fuzz_commands $B/bin/fuzz_text $B/bin/fuzz_shim
FUZZ = $(CC) $(ANALYZER_CFLAGS) -Ipreload -fsanitize=fuzzer
fuzzers: $(if $(SAN),$(FUZZERS),no-fuzzers)
no-fuzzers:
	@echo 'make fuzzers SAN=address,undefined' >&2; false

$B/bin/fuzz_snapshot $B/bin/fuzz_commands $B/bin/fuzz_text: $B/bin/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/repair.c \
		tests/fuzz/check_output.c $(filter-out $B/analyzer/main.o,$(ANALYZER_OBJECTS))
	@mkdir -p $(@D)
	$(FUZZ) $^ $(ANALYZER_LIBS) -o $@

# The library's rooms, with system calls that the fuzzer answers.
$B/bin/fuzz_shim: tests/fuzz/fuzz_shim.c preload/control/helper_control.c $(UNIT_PRELOAD)
	@mkdir -p $(@D)
	$(FUZZ) $(filter-out preload/control/helper_control.c,$^) -Wl,--wrap=rt_syscall -o $@

# Groups traces as the analyzer does, for tests/support/compare_tracemalloc.py to compare with CPython.
$B/bin/group_traces: tests/support/group_traces.c $(filter-out $B/analyzer/main.o,$(ANALYZER_OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) $^ $(ANALYZER_LIBS) -o $@

# Answers questions about variables, for tests/e2e/variables.sh.
$B/bin/path_text: tests/support/variables/path_text.c $(filter-out $B/analyzer/main.o,$(ANALYZER_OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(ANALYZER_CFLAGS) $^ $(ANALYZER_LIBS) -o $@

setup:
	@.ci/setup

# Debian's libraries for ARCH, from where this system has its own: those that .ci/setup installs for building.
sysroot:
	@tests/cross/sysroot arm64 $(SYSROOT) libc6-dev libstdc++6 \
		$$(sed -n "/^build=/,/'$$/p" .ci/setup | tr -s " \t'" '\n' | grep -E -- '-dev$$|^check$$')

check-aarch64:
	@.ci/setup aarch64
	@tests/cross/run

check-distros:
	@.ci/setup distros
	@tests/distros/run

# For changes of the set-up, this file or the packaging: does nothing while they are as they were when it passed.
check-bare:
	@.ci/setup distros
	@tests/cross/bare

check: setup
	@tests/run

# One test: make test T=report runs the unit suite and the whole-program script of that name.
test: all samples programs unit $B/bin/group_traces $B/bin/path_text
	@tests/one $B "$(T)"

# For clangd and other tools.
compile_commands.json: Makefile
	@$(MAKE) --no-print-directory -nB all unit | grep -E ' -c [^ ]+\.c ' | jq -R -s --arg directory "$(CURDIR)" \
		'split("\n") | map(select(. != "") | {directory: $$directory, command: ., file: capture(" -c (?<f>[^ ]+)").f})' >$@

# What breaks preloaded libraries, at length (8 minutes); SECONDS_EACH=... for the fuzzers.
torture: all samples programs
	@.ci/setup torture
	@tests/torture/run $(SECONDS_EACH)

# SEEDS=1-200: about programs that are made by seed instead.
accuracy: all
	@.ci/setup accuracy
	@$(if $(SEEDS),tests/accuracy/seeds --seeds $(SEEDS),tests/accuracy/run)

check-real: all
	@.ci/setup real
	@tests/real/run

check-attach: all
	@.ci/setup real
	@tests/real/attach/run

gate: all samples
	@.ci/setup accuracy
	@tests/accuracy/run --build
	@tests/support/gate $(ROUNDS)

# BENCH holds options and names of rows: make bench BENCH='--quick pairs*'
bench: all
	@.ci/setup bench
	@tests/bench/run $(BENCH)

demo: setup
	@$(MAKE) --no-print-directory -s all samples
	@samples/demo.sh

# Only setup, check and demo install packages, and targets that say so: the others name what is missing.
need = @for tool in $(1); do command -v $$tool >/dev/null || { echo "$$tool is missing: make setup installs it" >&2; exit 1; }; done

lint:
	$(call need,git clang-format clang-tidy cppcheck shellcheck mandoc python3 readelf)
	@tests/lint.sh $(MAN_PAGES) -- $(SCRIPTS)

format:
	$(call need,clang-format)
	clang-format -i $(wildcard include/*.h preload/*/*.[ch] analyzer/*.[ch] analyzer/*/*.[ch] tests/*/*.[ch] samples/*.c \
		tests/accuracy/programs/*.[ch] tests/accuracy/programs/*.cc samples/*/*.c)

SHARE = $(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR) $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(SHARE)/pkgconfig \
		$(DESTDIR)$(SHARE)/bash-completion/completions $(DESTDIR)$(SHARE)/zsh/site-functions
	install -m 755 $B/bin/silt $(DESTDIR)$(PREFIX)/bin/silt
	install -m 644 $B/lib/libsilt.so $B/lib/libsilt-selftest.so $(DESTDIR)$(LIBDIR)/
	install -m 644 include/silt.h $(DESTDIR)$(PREFIX)/include/silt.h
	install -m 644 analyzer/completions/silt.bash $(DESTDIR)$(SHARE)/bash-completion/completions/silt
	install -m 644 analyzer/completions/_silt $(DESTDIR)$(SHARE)/zsh/site-functions/_silt
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' include/silt.pc.in \
		> $(DESTDIR)$(SHARE)/pkgconfig/silt.pc
	@for page in $(MAN_PAGES); do section=$${page##*.}; \
		install -d $(DESTDIR)$(SHARE)/man/man$$section; \
		install -m 644 $$page $(DESTDIR)$(SHARE)/man/man$$section/; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/silt $(DESTDIR)$(LIBDIR)/libsilt.so $(DESTDIR)$(LIBDIR)/libsilt-selftest.so \
		$(DESTDIR)$(PREFIX)/include/silt.h \
		$(DESTDIR)$(SHARE)/bash-completion/completions/silt $(DESTDIR)$(SHARE)/zsh/site-functions/_silt \
		$(DESTDIR)$(SHARE)/pkgconfig/silt.pc
	@for page in $(MAN_PAGES); do rm -f $(DESTDIR)$(SHARE)/man/man$${page##*.}/$${page##*/}; done

clean:
	rm -rf build build-*

help:
	@echo 'make           build/bin/silt and build/lib/libsilt.so'
	@echo 'make demo      set up, build, and find what grows in a redis-server under load'
	@echo 'make check     set up, build with gcc and clang, run all tests'
	@echo 'make test T=X  the unit suite X and tests/e2e/X.sh: make test T=report'
	@echo 'make check-aarch64  the same for aarch64: cross build, tests under qemu-user and on an emulated machine (15 minutes)'
	@echo 'make check-distros  the same for older and newer releases of Debian, in roots of their own (20 minutes, as root)'
	@echo 'make check-real  installed programs with and without silt: the same output, files, status (10 minutes)'
	@echo 'make check-attach  real servers under load that are attached to: verdict, holder, what clients notice (10 minutes)'
	@echo 'make torture   what breaks preloaded libraries, at length, and the fuzzers (SECONDS_EACH=60); makes tests/torture.md'
	@echo 'make gate      how often silt soak is right, 20 times a sample, 10 times a steady program, under load (25 minutes)'
	@echo 'make accuracy  how often silt report is right about labelled programs (8 minutes; SEEDS=1-200: about generated ones)'
	@echo 'make bench     what silt costs, side by side with heaptrack, jemalloc and gperftools (10 minutes; BENCH=--quick: 3)'
	@echo 'make fuzzers   with SAN=address,undefined: build-san/bin/fuzz_*, to be run on tests/fuzz/corpus/*'
	@echo 'make lint      formatting, static analysis, scripts, man pages, what the library exports and needs'
	@echo 'make format    format the sources'
	@echo 'make samples   small programs that leak, and their fixed versions, in build/samples'
	@echo 'make setup     install the packages that building and testing need (apt-get)'
	@echo 'make install   to PREFIX (default /usr/local), under DESTDIR; make uninstall removes'
	@echo 'make clean     remove everything built'
	@echo 'DEBUG=1        without optimization; SAN=address,undefined: the analyzer with clang'"'"'s sanitizers; both with assertions'
	@echo 'ARCH=aarch64   for that machine, into build-aarch64, with a cross compiler; make sysroot ARCH=aarch64 fetches libraries'
	@echo 'WERROR=1       warnings are errors; CC=clang: another compiler'

-include $(wildcard $B/*/*.d $B/*/*/*.d)
