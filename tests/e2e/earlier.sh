#!/usr/bin/env bash
# Blocks from before an attach: their totals are those of mallinfo2(3) to one percent, and what is lost of them is what Valgrind says of
# the same program, run from its start, to two percent. Sizes are such that the usable size of a block is the one that was asked for; what
# mallinfo2() counts of the threads' caches of free blocks is less than one percent.
. "$(dirname "$0")/lib.sh"

if [ "$(uname -m)" != x86_64 ]; then
	skip 'on x86-64 only'
	exit 0
fi

cat >common.h <<'END'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static _Atomic long blocks;
/* Overwrites what calls have left on the stack. */
__attribute__((noinline)) static void clear_stack(void)
{
	volatile char old[64 << 10];
	for (size_t i = 0; i < sizeof old; i++)
		old[i] = 0;
}
static void *get(size_t size)
{
	void *block = calloc(1, size);
	if (!block)
		abort();
	blocks++;
	return block;
}
static void give(void *block)
{
	free(block);
	blocks--;
}
/* Says what the allocator has, and waits for a line. */
static void wait_here(void)
{
	struct mallinfo2 info = mallinfo2();
	clear_stack();
	dprintf(1, "%ld %zu\n", blocks, info.uordblks + info.hblkhd);
	char line;
	if (read(0, &line, 1) < 0)
		abort();
	_exit(0);
}
END
cat >lists.c <<'END'
#include "common.h"
struct node { struct node *next; size_t size; char rest[]; };
static struct node *lists[3000];
__attribute__((noinline)) static void fill(void)
{
	for (int i = 0; i < 3000; i++)
		for (int n = 0; n < 20; n++) {
			struct node *node = get(24 + (size_t)((i * 7 + n * 13) % 60) * 16);
			node->next = lists[i];
			lists[i] = node;
		}
	for (int i = 0; i < 3000; i += 5)
		lists[i] = NULL; /* lost, with all that it leads to */
	for (int i = 1; i < 3000; i += 5)
		while (lists[i]) {
			struct node *next = lists[i]->next;
			give(lists[i]);
			lists[i] = next;
		}
	static char *large[20];
	for (int i = 0; i < 20; i++)
		large[i] = get(204784); /* with a mapping each */
	large[3] = large[7] = NULL;
}
int main(void)
{
	fill();
	wait_here();
}
END
cat >objects.cc <<'END'
extern "C" {
#define _Atomic volatile
#include "common.h"
}
#include <map>
#include <new>
void *operator new(size_t size) { return get((size + 7) / 16 * 16 + 8); }
void operator delete(void *block) noexcept { if (block) give(block); }
void operator delete(void *block, size_t) noexcept { if (block) give(block); }
struct table { std::map<int, long> of; table *other = nullptr; };
static table *tables[2000];
__attribute__((noinline)) static void fill()
{
	for (int i = 0; i < 2000; i++) {
		tables[i] = new table;
		for (int n = 0; n < 30; n++)
			tables[i]->of[n] = 1;
	}
	for (int i = 0; i < 2000; i += 10) {
		tables[i]->other = tables[i + 1]; /* a cycle of two, lost */
		tables[i + 1]->other = tables[i];
		tables[i] = tables[i + 1] = nullptr;
		delete tables[i + 2];
		tables[i + 2] = nullptr;
	}
}
int main()
{
	fill();
	wait_here();
}
END
cat >threads.c <<'END'
#include "common.h"
#include <pthread.h>
static void *kept[4][20000];
static pthread_barrier_t filled;
__attribute__((noinline)) static void fill(void **mine)
{
	for (int i = 0; i < 20000; i++) {
		mine[i] = get(40 + (size_t)(i % 50) * 32);
		if (i % 4 == 0)
			mine[i] = NULL; /* lost */
		else if (i % 4 == 1) {
			give(mine[i]);
			mine[i] = NULL;
		}
	}
}
static void *work(void *mine)
{
	fill(mine);
	clear_stack();
	pthread_barrier_wait(&filled);
	for (;;)
		pause();
}
int main(void)
{
	pthread_barrier_init(&filled, NULL, 5);
	for (int i = 0; i < 4; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, work, kept[i]);
	}
	pthread_barrier_wait(&filled);
	usleep(200000);
	wait_here();
}
END
gcc -g -O1 lists.c -o lists && g++ -g -O1 objects.cc -o objects && gcc -g -O1 -pthread threads.c -o threads || exit 1

near() { # A B PERCENT
	jq -en "($1 - $2) as \$d | (if \$d < 0 then -\$d else \$d end) * 100 <= $3 * $2"
}
for name in lists objects threads; do
	mkfifo "$name.in"
	"./$name" <"$name.in" >"$name.out" &
	pid=$!
	exec 9>"$name.in"
	wait_for test -s "$name.out"
	"$silt" attach -q -o out "$pid"
	snapshot=$("$silt" snap --graph "$pid")
	echo >&9
	wait "$pid"
	equal "$name ends as it would" "$?" 0
	read -r blocks bytes <"$name.out"
	read -r got_blocks got_bytes < <("$silt" dump "$snapshot" | awk '$1 == "earlier_blocks" { blocks = $2 } $1 == "earlier_bytes" { bytes = $2 } END { print blocks, bytes }')
	echo "# $name: $got_blocks blocks of $blocks, $((got_bytes + 8 * got_blocks)) bytes of $bytes"
	check "$name: blocks from before are those that the program has" near "$got_blocks" "$blocks" 1
	check "$name: their bytes are those of mallinfo2" near "$((got_bytes + 8 * got_blocks))" "$bytes" 1
	if ! command -v valgrind >/dev/null; then
		skip "$name: what is lost" 'no valgrind'
		continue
	fi
	valgrind --leak-check=full "./$name" </dev/null >/dev/null 2>valgrind.log
	read -r bytes blocks < <(sed -n 's/.*\(definitely\|indirectly\) lost: \([0-9,]*\) bytes in \([0-9,]*\) blocks.*/\2 \3/p' valgrind.log | tr -d , | awk '{ bytes += $1; blocks += $2 } END { print bytes, blocks }')
	read -r got_bytes got_blocks < <("$silt" lost --format json "$snapshot" |
		jq -r '.totals | "\(.direct_bytes + .indirect_bytes + .cycle_bytes) \(.direct_blocks + .indirect_blocks + .cycle_blocks)"')
	echo "# $name: lost $got_blocks blocks of $blocks, $got_bytes bytes of $bytes"
	check "$name: something is lost" test "$blocks" -gt 1000
	check "$name: as many blocks are lost as Valgrind says" near "$got_blocks" "$blocks" 2
	check "$name: and as many bytes" near "$got_bytes" "$bytes" 2
done
