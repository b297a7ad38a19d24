/*
 * LeakSanitizer's calls by which a program tells what is no leak (sanitizer/lsan_interface.h), so that what is
 * written for the one holds for the other.
 * Called by: the program. Path: cold. Threads: any. Memory: none.
 * Must not: change errno, stand between a program and a sanitizer of its own: that one is told too.
 */
#include <dlfcn.h>

#include "client_memory.h"
#include "track.h"

RT_EXPORT void __lsan_ignore_object(const void *block);
RT_EXPORT void __lsan_disable(void);
RT_EXPORT void __lsan_enable(void);
RT_EXPORT void __lsan_register_root_region(const void *start, size_t size);
RT_EXPORT void __lsan_unregister_root_region(const void *start, size_t size);

/* There in a program that was built with a sanitizer which looks for leaks. */
extern void __lsan_init(void) __attribute__((weak));
extern void __asan_init(void) __attribute__((weak));

/* The sanitizer's function of this name. It is asked for only where there is one: a look-up that fails would change
 * what dlerror() tells the program. */
static void *next(const char *name)
{
	return &__lsan_init || &__asan_init ? dlsym(RTLD_NEXT, name) : NULL;
}

#define TELL_NEXT(name, parameters, arguments)                                                               \
	do {                                                                                                 \
		void(*function) parameters = (void(*) parameters)next(name);                                 \
                                                                                                             \
		if (function)                                                                                \
			function arguments;                                                                  \
	} while (0)

void __lsan_ignore_object(const void *block)
{
	silt_lib_ignore(block);
	TELL_NEXT("__lsan_ignore_object", (const void *), (block));
}

void __lsan_disable(void)
{
	silt_lib_ignore_begin();
	TELL_NEXT("__lsan_disable", (void), ());
}

void __lsan_enable(void)
{
	silt_lib_ignore_end();
	TELL_NEXT("__lsan_enable", (void), ());
}

void __lsan_register_root_region(const void *start, size_t size)
{
	silt_lib_root_add(start, size);
	TELL_NEXT("__lsan_register_root_region", (const void *, size_t), (start, size));
}

void __lsan_unregister_root_region(const void *start, size_t size)
{
	silt_lib_root_remove(start, size);
	TELL_NEXT("__lsan_unregister_root_region", (const void *, size_t), (start, size));
}
