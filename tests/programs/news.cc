/*
 * Allocates by every form of operator new, by mallocx() and its kin where jemalloc is loaded, and
 * by tc_malloc() and its kin where tcmalloc is; keeps COUNT blocks of each form and gives as many
 * back in the ways that fit. Prints how many forms there were, then the blocks and bytes that are
 * kept.
 */
#include <cstdio>
#include <cstdlib>
#include <new>

#define COUNT 100

extern "C" {
#define WEAK __attribute__((weak))
WEAK void *mallocx(size_t size, int flags);
WEAK void *rallocx(void *block, size_t size, int flags);
WEAK size_t xallocx(void *block, size_t size, size_t extra, int flags);
WEAK void dallocx(void *block, int flags);
WEAK void sdallocx(void *block, size_t size, int flags);
WEAK int mi_version(void);
WEAK void *tc_malloc(size_t size);
WEAK void *tc_calloc(size_t count, size_t size);
WEAK void *tc_realloc(void *block, size_t size);
WEAK int tc_posix_memalign(void **block, size_t alignment, size_t size);
WEAK void *tc_new(size_t size);
WEAK void *tc_newarray_nothrow(size_t size, const std::nothrow_t &);
WEAK void tc_free(void *block);
WEAK void tc_cfree(void *block);
WEAK void tc_delete(void *block);
WEAK void tc_deletearray_sized(void *block, size_t size);
}

static constexpr std::align_val_t line{64};
static int forms;
static size_t bytes;
void *kept[64][COUNT];

template <typename Make, typename Drop>
__attribute__((noinline)) static void form(size_t size, Make make, Drop drop)
{
	for (int i = 0; i < COUNT; i++) {
		kept[forms][i] = make(size);
		drop(make(size), size);
	}
	bytes += COUNT * size;
	forms++;
}

static void standard_forms()
{
	form(
		40, [](size_t n) { return operator new(n); },
		[](void *p, size_t) { operator delete(p); });
	form(
		48, [](size_t n) { return operator new[](n); },
		[](void *p, size_t) { operator delete[](p); });
	form(
		56, [](size_t n) { return operator new(n); },
		[](void *p, size_t n) { operator delete(p, n); });
	form(
		72, [](size_t n) { return operator new(n, std::nothrow); },
		[](void *p, size_t) { operator delete(p, std::nothrow); });
	form(
		80, [](size_t n) { return operator new[](n, std::nothrow); },
		[](void *p, size_t n) { operator delete[](p, n); });
	form(
		128, [](size_t n) { return operator new(n, line); },
		[](void *p, size_t) { operator delete(p, line); });
	form(
		192, [](size_t n) { return operator new[](n, line); },
		[](void *p, size_t n) { operator delete[](p, n, line); });
	form(
		256, [](size_t n) { return operator new(n, line, std::nothrow); },
		[](void *p, size_t) { operator delete(p, line, std::nothrow); });
}

static void *grown(void *block, size_t size)
{
	xallocx(block, size, 0, 0);
	return rallocx(block, size, 0);
}

static void other_forms()
{
	if (mallocx) {
		form(
			300, [](size_t n) { return mallocx(n, 0); },
			[](void *p, size_t) { dallocx(p, 0); });
		form(
			320, [](size_t n) { return grown(mallocx(64, 0), n); },
			[](void *p, size_t n) { sdallocx(p, n, 0); });
	}
}

static void *lined(size_t size)
{
	void *block;

	return tc_posix_memalign(&block, 64, size) ? nullptr : block;
}

static void forms_of_tcmalloc()
{
	form(
		400, [](size_t n) { return tc_malloc(n); }, [](void *p, size_t) { tc_free(p); });
	form(
		420, [](size_t n) { return tc_calloc(1, n); },
		[](void *p, size_t) { tc_cfree(p); });
	form(
		440, [](size_t n) { return tc_realloc(tc_malloc(8), n); },
		[](void *p, size_t) { tc_free(p); });
	form(
		460, [](size_t n) { return lined(n); }, [](void *p, size_t) { tc_free(p); });
	form(
		480, [](size_t n) { return tc_new(n); }, [](void *p, size_t) { tc_delete(p); });
	form(
		500, [](size_t n) { return tc_newarray_nothrow(n, std::nothrow); },
		[](void *p, size_t n) { tc_deletearray_sized(p, n); });
}

/* As the allocator itself would: it throws. mimalloc, built as C, ends the program. */
static bool throws_where_there_is_no_memory()
{
	if (mi_version)
		return true;
	try {
		kept[63][0] = operator new(size_t(1) << 60);
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

int main()
{
	standard_forms();
	other_forms();
	if (tc_malloc)
		forms_of_tcmalloc();
	if (!throws_where_there_is_no_memory() ||
	    (!mi_version && operator new(size_t(1) << 60, std::nothrow)))
		return 1;
	printf("%d %d %zu\n", forms, forms * COUNT, bytes);
}
