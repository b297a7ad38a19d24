/*
 * What differs between versions of glibc, and in musl: see libc.h.
 *
 * Before glibc 2.34, dlsym() and its like are in libdl.so.2, threads in libpthread.so.0. A direct
 * reference would be bound to a symbol version that older versions lack. A dependency on these
 * libraries would load them into programs that do without, and end a program where they are not
 * installed. So functions are looked up by name in what is loaded. Without libdl.so.2, the internal
 * functions of libc.so.6 that it is made of are used.
 *
 * musl's dynamic linker loads this library too: it ignores symbol versions, and what musl lacks is
 * imported weakly. It is itself the C library (ld-musl-x86_64.so.1), with threads and dlsym().
 */
#include "base/libc.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/arch.h"
#include "base/elf.h"
#include "base/rt.h"

typedef void *look_up_function(void *handle, const char *name, void *who);
typedef int catch_function(const char **object, const char **message, bool *allocated,
			   void (*operate)(void *), void *argument);

/* From glibc 2.34 on, all public ones are in libc.so.6. */
static struct {
	_Atomic bool known;
	void *(*dlsym)(void *, const char *);
	void *(*dlopen)(const char *, int);
	char *(*dlerror)(void);
	/* internal to libc.so.6, for glibc before 2.34 without libdl.so.2 */
	look_up_function *look_up;
	catch_function *catch;
	void *(*open_mode)(const char *, int);
	/* of libpthread.so.0 */
	__typeof__(pthread_key_create) *key_create;
	__typeof__(pthread_setspecific) *key_set;
} libc;

/* glibc's, and its dynamic linker's */
extern const char *gnu_get_libc_version(void) __attribute__((weak));
extern struct r_debug _r_debug __attribute__((weak));
extern void *__libc_stack_end __attribute__((weak));
/* musl's */
extern struct r_debug *_dl_debug_addr __attribute__((weak));

bool libc_is_musl(void)
{
	return !gnu_get_libc_version;
}

/* The dynamic linker's structure for debuggers, which the executable's dynamic section points to.
 * NULL: a dynamic linker was executed, which does not say where it is. */
static const struct r_debug *find_debug(void)
{
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	const ElfW(Dyn) *dynamic = NULL;
	uintptr_t bias = 0;
	bool known = false;

	for (size_t i = 0; i < getauxval(AT_PHNUM); i++)
		if (segments[i].p_type == PT_PHDR) {
			bias = (uintptr_t)segments - segments[i].p_vaddr;
			known = true;
		}
	for (size_t i = 0; known && i < getauxval(AT_PHNUM); i++)
		if (segments[i].p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)(bias + segments[i].p_vaddr);
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_DEBUG)
			return (const struct r_debug *)dynamic->d_un.d_ptr;
	return NULL;
}

const struct link_map *libc_modules(void)
{
	static const struct r_debug *_Atomic known;
	const struct r_debug *debug = atomic_load(&known);

	if (!debug) {
		debug = &_r_debug && _r_debug.r_map ? &_r_debug
			: &_dl_debug_addr	    ? _dl_debug_addr
						    : find_debug();
		atomic_store(&known, debug);
	}
	return debug ? debug->r_map : NULL;
}

/* Threads may do this at once: all find the same. Libraries that the program was started with are
 * never unloaded. */
static void *find_in(const char *file /* NULL: the C library's */, const char *name)
{
	struct elf_names names;

	for (const struct link_map *map = libc_modules(); map; map = map->l_next)
		if ((file ? elf_is_file(map->l_name, file) : libc_is_file(map->l_name)) &&
		    elf_names_read(&names, map->l_addr, map->l_ld))
			return elf_names_find(&names, name);
	return NULL;
}

void *libc_own_function(const char *name)
{
	return find_in(NULL, name);
}

static void *find_in_both(const char *file, const char *name)
{
	void *found = libc_own_function(name);

	return found ? found : find_in(file, name);
}

#define LOOK_UP(member, found) *(void **)&libc.member = (found)

static void find_all(void)
{
	if (likely(atomic_load_explicit(&libc.known, memory_order_acquire)))
		return;
	LOOK_UP(dlopen, find_in_both("libdl.so.2", "dlopen"));
	LOOK_UP(dlerror, find_in_both("libdl.so.2", "dlerror"));
	LOOK_UP(dlsym, find_in_both("libdl.so.2", "dlsym"));
	LOOK_UP(look_up, libc_own_function("_dl_sym"));
	LOOK_UP(catch, libc_own_function("_dl_catch_error"));
	LOOK_UP(open_mode, libc_own_function("__libc_dlopen_mode"));
	LOOK_UP(key_set, find_in_both("libpthread.so.0", "pthread_setspecific"));
	LOOK_UP(key_create, find_in_both("libpthread.so.0", "pthread_key_create"));
	atomic_store_explicit(&libc.known, true, memory_order_release);
}

struct question {
	void *handle;
	const char *name;
	void *answer;
};

static void ask(void *argument)
{
	struct question *question = argument;

	question->answer = libc.look_up(question->handle, question->name, (void *)ask);
}

void *libc_symbol(void *handle, const char *name)
{
	struct question question = {handle, name, NULL};
	const char *object, *message;
	bool allocated = false;

	find_all();
	if (libc.dlsym) {
		question.answer = libc.dlsym(handle, name);
		if (!question.answer && libc.dlerror)
			libc.dlerror();
		return question.answer;
	}
	if (!libc.look_up || !libc.catch)
		return NULL;
	if (libc.catch(&object, &message, &allocated, ask, &question) != 0)
		question.answer = NULL;
	if (allocated) /* by the malloc that the dynamic linker uses, the first in search order */
		free((void *)(uintptr_t)message);
	return question.answer;
}

#define RTLD_DLOPEN 0x80000000 /* glibc: as if dlopen() were called */

void *libc_open(const char *name)
{
	void *library;

	find_all();
	if (!libc.dlopen)
		return libc.open_mode ? libc.open_mode(name, (int)(RTLD_NOW | RTLD_DLOPEN)) : NULL;
	library = libc.dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!library && libc.dlerror)
		libc.dlerror();
	return library;
}

bool libc_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	find_all();
	return libc.key_create && libc.key_set && libc.key_create(key, destructor) == 0;
}

void libc_key_set(pthread_key_t key, const void *value)
{
	libc.key_set(key, value);
}

uintptr_t libc_threads_code(void)
{
	find_all();
	return (uintptr_t)libc.key_create;
}

uintptr_t libc_code(void)
{
	return libc_is_musl() ? (uintptr_t)libc.dlsym : (uintptr_t)gnu_get_libc_version;
}

unsigned libc_glibc_minor(void)
{
	static _Atomic unsigned known;
	unsigned minor = atomic_load_explicit(&known, memory_order_relaxed);

	if (!minor && !libc_is_musl()) {
		for (const char *at = gnu_get_libc_version() + 2; *at >= '0' && *at <= '9'; at++)
			minor = minor * 10 + (unsigned)(*at - '0');
		atomic_store_explicit(&known, minor, memory_order_relaxed);
	}
	return minor;
}

bool libc_is_file(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return libc_is_musl() ? strncmp(name, "ld-musl-", 8) == 0 || strcmp(name, "libc.so") == 0
			      : strcmp(name, "libc.so.6") == 0;
}

uintptr_t libc_stack_end(void)
{
	return &__libc_stack_end ? (uintptr_t)__libc_stack_end : getauxval(AT_EXECFN);
}

/* Offset of the stack's end in struct pthread (musl); the first function's arguments are below
 * it. */
#define STACK_OFFSET 88u
#define MOST_ENVIRONMENT (4ul << 20)

uintptr_t libc_first_frame(void)
{
#ifdef __x86_64__
	uintptr_t thread = arch_thread_pointer(), stack, *at = (uintptr_t *)environ;

	if (!libc_is_musl() || !at)
		return UINTPTR_MAX;
	stack = *(const uintptr_t *)(thread + STACK_OFFSET);
	if (stack)
		return (stack & ~7ul) - LIBC_FIRST_FRAMES;
	/* The first thread's start code is below the number of arguments. That precedes the
	 * arguments and the environment, if the latter has not been moved. */
	if (getauxval(AT_EXECFN) - (uintptr_t)at > MOST_ENVIRONMENT)
		return UINTPTR_MAX;
	at -= 2;
	for (uintptr_t count = 0; *at != count; count++)
		at--;
	return ((uintptr_t)at & ~7ul) - LIBC_FIRST_FRAMES;
#else
	return UINTPTR_MAX;
#endif
}

bool libc_test_asks_for(const char *entry)
{
#ifdef SILT_DEBUG
	for (char **at = environ; at && *at; at++)
		if (strcmp(*at, entry) == 0)
			return true;
#endif
	(void)entry;
	return false;
}
