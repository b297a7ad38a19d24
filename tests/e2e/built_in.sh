#!/usr/bin/env bash
# Allocators that are linked into an executable: what they give is recorded wholly, and the program does what it would.
. "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ]; then
	skip 'allocators in an executable' 'recorded on x86-64 only'
	exit
fi
archive=$(gcc -print-file-name=libjemalloc.a) others='-lstdc++ -lm -pthread'
jemalloc="$archive $others" tcmalloc="$(gcc -print-file-name=libtcmalloc_minimal.a) $others"
cp "$archive" without_new.a && ar d without_new.a jemalloc_cpp.o
# As redis and Rust's jemallocator build it: every function of it has a prefix, and malloc stays the C library's.
functions='malloc calloc realloc free posix_memalign aligned_alloc memalign valloc malloc_usable_size mallocx rallocx xallocx sallocx
	dallocx sdallocx nallocx mallctl mallctlnametomib mallctlbymib malloc_stats_print malloc_message malloc_conf'
rename=()
for name in $functions; do
	rename+=(--redefine-sym "$name=je_$name")
done
objcopy "${rename[@]}" without_new.a renamed.a

# -- every function of the family --
cat >family.c <<'C'
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef PREFIX
#define OF(name) je_##name
#else
#define OF(name) name
#endif
void *OF(malloc)(size_t), *OF(calloc)(size_t, size_t), *OF(realloc)(void *, size_t), *OF(aligned_alloc)(size_t, size_t),
	*OF(memalign)(size_t, size_t), *OF(valloc)(size_t);
int OF(posix_memalign)(void **, size_t, size_t);
void OF(free)(void *);
#ifdef EXTENDED
void *OF(mallocx)(size_t, int), *OF(rallocx)(void *, size_t, int);
size_t OF(xallocx)(void *, size_t, size_t, int);
void OF(dallocx)(void *, int), OF(sdallocx)(void *, size_t, int);
#endif
static void *volatile kept[16];
static void *many[3000], *large[20000];
int main(void)
{
	int n = 0, wrong = 0;
	void *aligned = NULL;

	kept[n++] = OF(malloc)(1000);
	kept[n++] = OF(calloc)(10, 100);
	kept[n++] = OF(realloc)(OF(malloc)(10), 1000);
	kept[n++] = OF(realloc)(NULL, 1000);
	kept[n++] = OF(aligned_alloc)(64, 1024);
	kept[n++] = OF(memalign)(128, 1000);
	kept[n++] = OF(valloc)(1000);
	wrong |= OF(posix_memalign)(&aligned, 256, 1000) != 0 || (uintptr_t)aligned % 256;
	kept[n++] = aligned;
#ifdef EXTENDED
	kept[n++] = OF(mallocx)(1000, 0);
	kept[n++] = OF(rallocx)(OF(mallocx)(10, 0), 1000, 0);
	OF(dallocx)(OF(mallocx)(5, 0), 0);
	OF(sdallocx)(OF(mallocx)(5, 0), 5, 0);
	OF(sdallocx)(OF(mallocx)(5000, 0), 5000, 0);
	aligned = OF(mallocx)(1000, 0);
	wrong |= OF(xallocx)(aligned, 1010, 0, 0) < 1000;
	OF(dallocx)(aligned, 0);
#endif
	for (int i = 0; i < 20000; i++)
		large[i] = OF(malloc)(1000);
	/* small ones lie side by side: none may overwrite another's record */
	for (int i = 0; i < 3000; i++)
		memset(many[i] = OF(malloc)(1 + (size_t)i % 40), i, 1 + (size_t)i % 40);
	for (int i = 0; i < 3000; i++)
		for (int j = 0; j < 1 + i % 40; j++)
			wrong |= ((unsigned char *)many[i])[j] != (unsigned char)i;
	for (int i = 0; i < 3000; i += 2)
		OF(free)(many[i]);
	OF(free)(NULL);
	fprintf(stderr, "%d kept, %d wrong\n", n, wrong);
	return 5;
}
C
small=0 # bytes of the small ones that stay
for ((i = 1; i < 3000; i += 2)); do
	small=$((small + 1 + i % 40))
done
family() { # NAME KEPT COMPILER...
	local name=$1 kept=$2
	shift 2
	check "$name: built" "$@" || return
	./"$name" 2>native
	equal "$name: ends as without silt" "$("$silt" run -q -i 10s -o "out-$name" ./"$name" 2>&1; echo $?)" "$(cat native)"$'\n5'
	equal "$name: every block is on the books" \
		"$("$silt" top --by function --format json "out-$name" | jq -c '[.stats[] | select(.key.function == "main") | .count] | add')" $((kept + 1500 + 20000))
	equal "$name: and nothing else of main" \
		"$("$silt" top --by function --format json --include '*family.c' "out-$name" | jq '[.stats[].size] | add')" \
		$(((kept + 20000) * 1000 + 24 + small))
	equal "$name: it is told what the allocator says" \
		"$("$silt" dump "out-$name"/*/0001.silt | awk '/^ *(live_bytes|heap_used_bytes) / { v[$1] = $2 } END { print (v["heap_used_bytes"] >= v["live_bytes"] && v["heap_used_bytes"] < v["live_bytes"] * 1.1) }')" 1
}
family jemalloc 10 gcc -g -DEXTENDED family.c -o jemalloc $jemalloc
family prefixed 10 gcc -g -DEXTENDED -DPREFIX family.c -o prefixed renamed.a $others
family tcmalloc 8 gcc -g family.c -o tcmalloc $tcmalloc
family jemalloc-at-a-fixed-address 10 gcc -g -DEXTENDED -no-pie family.c -o jemalloc-at-a-fixed-address $jemalloc

# -- C++: every form of new and delete --
cat >news.cc <<'C'
#include <cstdio>
#include <new>
#include <string>
#include <vector>
struct alignas(64) wide { char bytes[192]; };
struct small { char bytes[5]; };
static std::vector<void *> kept;
int main()
{
	for (int i = 0; i < 100; i++) {
		kept.push_back(new small), kept.push_back(new small[7]), kept.push_back(new (std::nothrow) small);
		kept.push_back(new wide), kept.push_back(new wide[2]), kept.push_back(new (std::nothrow) wide);
		delete new small, delete[] new small[9], delete new wide, delete[] new wide[3];
		operator delete(operator new(3, std::nothrow), std::nothrow);
		operator delete(operator new(2000), std::size_t(2000));
	}
	try {
		kept.push_back(operator new(~std::size_t(0) >> 2));
	} catch (const std::bad_alloc &) {
		kept.push_back(new char[123]);
	}
	std::string text(1000, 'x');
	std::setvbuf(stdout, nullptr, _IONBF, 0); // no block of stdio
	std::printf("%zu\n", kept.size());
	return 5;
}
C
for name in jemalloc tcmalloc; do
	check "$name, C++: built" g++ -g -std=c++17 news.cc -o "new-$name" ${!name}
	equal "$name, C++: ends as without silt" "$("$silt" run -q -o "out-new-$name" ./"new-$name" 2>&1; echo $?)" $'601\n5'
	equal "$name, C++: what is kept is on the books" \
		"$("$silt" top --by line --format json --include '*news.cc' "out-new-$name" | jq -c '[.stats[] | select(.key.function == "main") | .count] | add')" 601
done

# -- what the program defines itself --
cat >own.cc <<'C'
#include <cstdio>
#include <cstdlib>
#include <new>
/* An operator new that puts a word before each block. */
void *operator new(std::size_t size) { long *block = static_cast<long *>(std::malloc(size + 16)); *block = 42; return block + 2; }
void operator delete(void *block) noexcept { if (block && static_cast<long *>(block)[-2] != 42) std::abort(); std::free(block ? static_cast<long *>(block) - 2 : nullptr); }
void operator delete(void *block, std::size_t) noexcept { operator delete(block); }
int main()
{
	int *kept = nullptr;
	for (int i = 0; i < 1000; i++) {
		delete kept;
		kept = new int[25];
	}
	std::setvbuf(stdout, nullptr, _IONBF, 0); // no block of stdio
	std::printf("%d\n", kept != nullptr);
	return 5;
}
C
check "an operator new of the program's own: built" g++ -g own.cc -o own without_new.a $others
equal "an operator new of the program's own goes on working" "$("$silt" run -q -o out-own ./own 2>&1; echo $?)" $'1\n5'
equal 'and its blocks go when they are deleted' "$("$silt" top --by line --format json --include '*own.cc' out-own | jq '[.stats[].count] | add')" 1

# -- threads, forks, signals; graphs --
check 'a program with much at once: built' g++ -g -O1 -I"$top_dir/include" "$top_dir/tests/programs/turmoil.cc" -o turmoil $jemalloc -ldl
./turmoil "$programs/churn_plugin.so" >native
equal 'a program with much at once ends as without silt' \
	"$(timeout 100 "$silt" run -q -i 50ms --graph all -o out-turmoil ./turmoil "$programs/churn_plugin.so")" "$(cat native)"

# -- a leak is told --
cat >leaks.c <<'C'
#include <stdlib.h>
#include <unistd.h>
void *je_malloc(size_t);
void je_free(void *);
struct session { struct session *next; char name[200]; };
static struct session *sessions;
int main(void)
{
	for (int i = 0; i < 3000; i++) {
		struct session *session = je_malloc(sizeof *session);
		session->next = sessions;
		sessions = session;
		je_free(je_malloc(500));
		usleep(1000);
	}
	return 0;
}
C
gcc -g leaks.c -o leaks renamed.a $others
"$silt" run -q -i 200ms --graph all -o out-leaks ./leaks
contains 'a leak is told, with its holder' "$("$silt" report out-leaks)" 'sessions ('

# -- what it is not done for --
cat >other.c <<'C'
#include <stdio.h>
struct pool { int used; };
static __attribute__((noinline)) int take(struct pool *pool, int size) __asm__("malloc");
static int take(struct pool *pool, int size) { return pool->used += size; }
static __attribute__((noinline)) int give(struct pool *pool, int size) __asm__("free");
static int give(struct pool *pool, int size) { return pool->used -= size; }
int main(void)
{
	struct pool pool = {0};
	for (int i = 0; i < 100; i++)
		take(&pool, i), give(&pool, i - 1);
	printf("%d\n", pool.used);
	return 5;
}
C
gcc -O1 other.c -o other
equal 'functions that are called malloc and free, and are something else, are left alone' \
	"$("$silt" run -q -o out-other ./other 2>/dev/null; echo $?)" $'100\n5'
strip -o stripped prefixed
contains 'stripped: says why not' "$("$silt" run -q -o out-stripped ./stripped 2>&1)" 'it is stripped'
"$silt" run -q -o out-child -- sh -c './jemalloc 2>/dev/null'
contains 'not known before: the report is no clean one' "$("$silt" report out-child/jemalloc.* 2>&1)" 'a malloc of its own'
cat >deny.c <<'C'
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **words)
{
	(void)count;
	return prctl(65 /* PR_SET_MDWE */, 1 /* PR_MDWE_REFUSE_EXEC_GAIN */, 0, 0, 0) ? 3 : execvp(words[1], words + 1);
}
C
gcc deny.c -o deny
if ./deny true; then
	contains 'code may not be changed: said' "$(./deny "$silt" run -q -o out-deny ./prefixed 2>&1)" 'does not let code be changed'
	contains 'and the report is no clean one' "$("$silt" report out-deny)" 'inconclusive'
else
	skip 'code may not be changed' 'needs Linux 6.3'
fi
equal 'the variable of another program changes nothing' \
	"$(SILT_BUILT_IN='malloc,1000,0000000000,0000000000' LD_PRELOAD=$library SILT_OUT=out-other /bin/echo ran)" ran
