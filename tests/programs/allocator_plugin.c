/*
 * An allocator that a signal handler may interrupt and jump out of, because it only moves a pointer
 * on and gives nothing back; preloaded behind silt. It fails, or raises SIGUSR1 in the middle, when
 * it is told to: ALLOCATOR_FAIL=N (the Nth call), N- (and all that follow), allocator_interrupt(N)
 * (the Nth call from now on). Run by tests/e2e/torture.sh.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA (4ul << 30)

void allocator_interrupt(long calls);
unsigned long allocator_calls(void);

static _Atomic uintptr_t next, end;
static atomic_long countdown;
static atomic_ulong calls;
static unsigned long fail_at;
static int fail_on;

void allocator_interrupt(long number)
{
	countdown = number;
}

unsigned long allocator_calls(void)
{
	return calls;
}

static void start(void)
{
	const char *fail = getenv("ALLOCATOR_FAIL");
	uintptr_t arena = (uintptr_t)mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (; fail && *fail >= '0' && *fail <= '9'; fail++)
		fail_at = fail_at * 10 + (unsigned long)(*fail - '0');
	fail_on = fail && *fail == '-';
	end = arena + ARENA;
	next = arena;
}

static void *take(size_t alignment, size_t size)
{
	unsigned long number;
	uintptr_t old, block;

	if (!next) /* the first call is the first thread's */
		start();
	number = ++calls;
	if (fail_at && (number == fail_at || (fail_on && number > fail_at)))
		goto fail;
	if (countdown > 0 && --countdown == 0)
		raise(SIGUSR1);
	if (alignment < 16)
		alignment = 16;
	old = next;
	do {
		block = (old + 16 + alignment - 1) & ~(alignment - 1);
		if (size > ARENA || block + size + 16 > end)
			goto fail;
	} while (!atomic_compare_exchange_weak(&next, &old, block + size));
	memcpy((void *)(block - sizeof size), &size, sizeof size);
	return (void *)block;
fail:
	errno = ENOMEM;
	return NULL;
}

size_t malloc_usable_size(void *block)
{
	size_t size = 0;

	if (block)
		memcpy(&size, (char *)block - sizeof size, sizeof size);
	return size;
}

void *malloc(size_t size)
{
	return take(16, size);
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return take(16, bytes); /* never used before: zeros */
}

void *realloc(void *block, size_t size)
{
	size_t old = malloc_usable_size(block);
	void *moved = take(16, size);

	if (moved && block)
		memcpy(moved, block, old < size ? old : size);
	return moved;
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	void *block;

	if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
		return EINVAL;
	block = take(alignment, size);
	if (!block)
		return ENOMEM;
	*result = block;
	return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return take(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
	return take(alignment, size);
}

void *valloc(size_t size)
{
	return take(4096, size);
}

void *pvalloc(size_t size)
{
	return take(4096, (size + 4095) & ~4095ul);
}
