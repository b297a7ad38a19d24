/*
 * What the C library is asked for that is not the same in all versions of it, or in another one.
 * Path: cold. Threads: all. Memory: none.
 * Must not: import what glibc 2.28 or musl 1.2 do not have in libc.so.6 itself, but weakly.
 */
#ifndef SILT_BASE_LIBC_H
#define SILT_BASE_LIBC_H

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Is it musl, not glibc? */
bool libc_is_musl(void);

/* The dynamic linker's records of modules, the executable's first; NULL: not known yet. */
const struct link_map *libc_modules(void);

/* An address within the first thread's stack, above all frames. */
uintptr_t libc_stack_end(void);

/* musl's code for the beginning of a thread has its frames here or above, in so many bytes, on the
 * stack of this thread; UINTPTR_MAX: not known. */
#define LIBC_FIRST_FRAMES 512ul
uintptr_t libc_first_frame(void);

/* dlsym(); what the dynamic linker says of a name that is not there is dropped. */
void *libc_symbol(void *handle, const char *name);

/* dlopen() with RTLD_NOW | RTLD_LOCAL, and what it says of a library that is not there is
 * dropped. */
void *libc_open(const char *name);

/* pthread_key_create(). False: no more keys, or the program was started without a library for
 * threads (glibc before 2.34). */
bool libc_key_create(pthread_key_t *key, void (*destructor)(void *));

/* pthread_setspecific(), of a key that was created. */
void libc_key_set(pthread_key_t key, const void *value);

/* A function of the C library's own, without a lock of the dynamic linker; NULL: it has none of
 * that name. */
void *libc_own(const char *name);

/* An address in the code of the library for threads; 0: the program was started without. */
uintptr_t libc_threads_code(void);

/* An address in the C library's code. */
uintptr_t libc_code(void);

/* Its version, 36 for glibc 2.36. */
unsigned libc_glibc_minor(void);

/* Is this the file name of the C library? */
bool libc_is_file(const char *path);

/* In a debug build: is this in the environment, "SILT_TEST_...=VALUE", which stands for a C library
 * that lacks something? */
bool libc_test_asks_for(const char *entry);

#endif
