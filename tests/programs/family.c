/*
 * Every function of the malloc family does what its manual page says: alignment, zeroing, contents,
 * errno, failure. Run by tests/e2e/record.sh with and without silt. Prints nothing and returns 0 if
 * all holds.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"

static volatile size_t huge = PTRDIFF_MAX; /* hidden from the compiler's warnings */

static int is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return 0;
	return 1;
}

static int is_aligned(const void *block, size_t alignment)
{
	return block && (uintptr_t)block % alignment == 0;
}

static void plain(void)
{
	unsigned char *block;

	for (size_t size = 0; size < 300; size++) {
		block = malloc(size);
		EXPECT(is_aligned(block, 16) && malloc_usable_size(block) >= size);
		memset(block, 0xa5, size);
		free(block);
		block = calloc(size, 3);
		EXPECT(is_zero(block, size * 3));
		free(block);
	}
	block = malloc(100 << 20);
	EXPECT(block && malloc_usable_size(block) >= 100 << 20);
	free(block);
	free(NULL);
	EXPECT(malloc_usable_size(NULL) == 0);
}

static void resizing(void)
{
	unsigned char *block = realloc(NULL, 10);

	EXPECT(block != NULL);
	memcpy(block, "0123456789", 10);
	block = realloc(block, 100000);
	EXPECT(memcmp(block, "0123456789", 10) == 0);
	block = realloc(block, 5);
	EXPECT(memcmp(block, "01234", 5) == 0);
	errno = 0;
	EXPECT(realloc(block, huge) == NULL && errno == ENOMEM);
	EXPECT(memcmp(block, "01234", 5) == 0); /* a failed realloc leaves the block alone */
	block = reallocarray(block, 10, 20);
	EXPECT(block && memcmp(block, "01234", 5) == 0);
	EXPECT(realloc(block, 0) == NULL); /* glibc frees it */
	errno = 0;
	EXPECT(reallocarray(NULL, huge, 16) == NULL && errno == ENOMEM);
}

static void aligned(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *block;

	for (size_t alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2) {
		EXPECT(posix_memalign(&block, alignment, 100) == 0 && is_aligned(block, alignment));
		free(block);
		block = aligned_alloc(alignment, alignment * 2);
		EXPECT(is_aligned(block, alignment));
		free(block);
		block = memalign(alignment, 1);
		EXPECT(is_aligned(block, alignment));
		free(block);
	}
	block = valloc(10);
	EXPECT(is_aligned(block, page));
	free(block);
	block = pvalloc(10);
	EXPECT(is_aligned(block, page) && malloc_usable_size(block) >= page);
	free(block);
	block = (void *)1;
	EXPECT(posix_memalign(&block, 3, 100) == EINVAL);
	EXPECT(posix_memalign(&block, 16, huge) == ENOMEM);
}

static void failing(void)
{
	errno = 0;
	EXPECT(malloc(huge) == NULL && errno == ENOMEM);
	errno = 0;
	EXPECT(calloc(huge, 16) == NULL && errno == ENOMEM);
	errno = 77;
	free(malloc(10)); /* neither sets errno where it succeeds */
	EXPECT(errno == 77);
	free(malloc(200 << 20));
	EXPECT(errno == 77);
}

int main(void)
{
	plain();
	resizing();
	aligned();
	failing();
	return failures != 0;
}
