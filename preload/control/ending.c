/*
 * Notices that the program begins to end: exit(), quick_exit(), or main returns.
 * Path: cold. Threads: any. Memory: the C library's list of destructors of the first thread grows
 * by one entry for each that the thread registers; under musl an entry of ours for each.
 * Must not: appear in call stacks: exit() runs handlers and destructors, whose allocations show
 * their callers.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/arch.h"
#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "record/real.h"
#include "record/track.h"

typedef void end_function(int status);

static struct {
	end_function *exit, *quick_exit;
	/* its thread pointer */
	uintptr_t first_thread;
} ending;

static end_function *next(end_function **cached, const char *name)
{
	if (!*cached)
		*cached = (end_function *)libc_symbol(RTLD_NEXT, name);
	return *cached;
}

/* Not declared noreturn, so that the compiler leaves our frame before it jumps on. */
RT_EXPORT void ending_exit(int status) __asm__("exit");
RT_EXPORT void ending_quick_exit(int status) __asm__("quick_exit");

void ending_exit(int status)
{
	control_end_begins();
	next(&ending.exit, "exit")(status);
}

void ending_quick_exit(int status)
{
	control_end_begins();
	next(&ending.quick_exit, "quick_exit")(status);
}

/*
 * When main returns, the C library calls its own exit(), not ours. The first thing that does is to
 * run the destructors of the thread's thread-local objects, the last registered first. So we keep a
 * destructor of ours registered last.
 */
typedef int register_destructor(void (*destructor)(void *), void *object, void *module);
extern register_destructor __cxa_thread_atexit_impl;
extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);

static register_destructor *next_register(void)
{
	static register_destructor *_Atomic found;
	register_destructor *function = atomic_load(&found);

	if (!function) {
		function =
			(register_destructor *)libc_symbol(RTLD_NEXT, "__cxa_thread_atexit_impl");
		atomic_store(&found, function);
	}
	return function;
}

static void main_returned(void *unused)
{
	(void)unused;
	control_end_begins();
}

static void register_last(void)
{
	uintptr_t guard = track_self.guard;

	track_self.guard = 1; /* the entry is not the program's memory */
	atomic_store(&real_boot_thread, arch_thread_pointer());
	/* The module is given by an address in this library: glibc does not accept NULL. */
	next_register()(main_returned, NULL, &ending);
	atomic_store(&real_boot_thread, 0);
	track_self.guard = guard;
}

/* -- musl has no __cxa_thread_atexit_impl(): programs that look for it find this one -- */

struct destructor {
	void (*destructor)(void *);
	void *object;
	struct destructor *next;
};
static __thread struct destructor *destructors; /* of this thread, the last registered first */
static struct {
	/* 1: in progress, 2: done */
	_Atomic uint32_t made;
	bool has_key;
	pthread_key_t key;
} of_threads;

static void run_destructors(void *unused)
{
	(void)unused;
	while (destructors) {
		struct destructor *first = destructors;

		destructors = first->next;
		first->destructor(first->object);
		real.free(first);
	}
}

static int register_with_us(void (*destructor)(void *), void *object)
{
	uint32_t none = 0;
	struct destructor *entry = real_ready() ? real.malloc(sizeof *entry) : NULL;

	if (!entry)
		return -1;
	if (atomic_compare_exchange_strong(&of_threads.made, &none, 1)) {
		of_threads.has_key = libc_key_create(&of_threads.key, run_destructors);
		__cxa_atexit(run_destructors, NULL, NULL);
		atomic_store(&of_threads.made, 2);
	}
	*entry = (struct destructor){destructor, object, destructors};
	destructors = entry;
	if (atomic_load(&of_threads.made) == 2 && of_threads.has_key)
		libc_key_set(of_threads.key, entry);
	return 0;
}

RT_EXPORT int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *module)
{
	int result;

	if (libc_is_musl())
		return register_with_us(destructor, object);
	result = next_register() ? next_register()(destructor, object, module) : -1;

	if (result == 0 && ending.first_thread == arch_thread_pointer())
		register_last();
	return result;
}

void ending_prepare(void)
{
	next(&ending.exit, "exit");
	next(&ending.quick_exit, "quick_exit");
}

void ending_start(void)
{
	ending.first_thread = arch_thread_pointer();
	if (!libc_is_musl() && next_register())
		register_last();
}
