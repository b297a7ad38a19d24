/*
 * Tells LeakSanitizer what is no leak, where there is one to tell: that of silt, or one of its own
 * if it was built with -fsanitize=leak; three blocks are. Prints whether there was. Run by
 * tests/e2e/pools.sh.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void __lsan_ignore_object(const void *block) __attribute__((weak));
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));
void __lsan_register_root_region(const void *start, size_t size) __attribute__((weak));
void __lsan_unregister_root_region(const void *start, size_t size) __attribute__((weak));

static void *volatile last;

static __attribute__((noinline)) void leak(size_t size, int times)
{
	for (int i = 0; i < times; i++)
		last = malloc(size);
	last = NULL;
}

int main(void)
{
	void **mapped =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int all = __lsan_ignore_object && __lsan_disable && __lsan_enable &&
		  __lsan_register_root_region && __lsan_unregister_root_region;

	if (mapped == MAP_FAILED)
		return 1;
	if (all) {
		__lsan_disable();
		__lsan_disable();
		__lsan_enable();
		leak(100, 4);
		__lsan_enable();
		last = malloc(77);
		__lsan_ignore_object(last);
		__lsan_register_root_region(mapped, 4096);
		__lsan_register_root_region(mapped, 16);
		__lsan_unregister_root_region(mapped, 16);
		*mapped = malloc(88);
	}
	leak(30, 3);
	fprintf(stderr, "%s %s\n", all ? "told" : "nobody", dlerror() ? "error" : "fine");
	return 0;
}
