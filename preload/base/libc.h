/*
 * What differs between C libraries and their versions.
 * Path: cold. Threads: all. Memory: none.
 * Must not: import, except weakly, what libc.so.6 of glibc 2.28 or musl 1.2 lacks.
 */
#ifndef SILT_BASE_LIBC_H
#define SILT_BASE_LIBC_H

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* False: glibc. */
bool libc_is_musl(void);

/* The dynamic linker's list of modules, the executable first; NULL: not known yet. */
const struct link_map *libc_modules(void);

/* An address in the first thread's stack, above all frames. */
uintptr_t libc_stack_end(void);

/* musl: the address, within this thread's stack, above which there are only the frames of its
 * thread start code, in at most LIBC_FIRST_FRAMES bytes. UINTPTR_MAX: unknown. */
#define LIBC_FIRST_FRAMES 512ul
uintptr_t libc_first_frame(void);

/* dlsym(); leaves no message for dlerror(). */
void *libc_symbol(void *handle, const char *name);

/* dlopen() with RTLD_NOW | RTLD_LOCAL; leaves no message for dlerror(). */
void *libc_open(const char *name);

/* pthread_key_create(). False: no more keys, or the program was started without libpthread (glibc
 * before 2.34). */
bool libc_key_create(pthread_key_t *key, void (*destructor)(void *));

/* pthread_setspecific() for a key that was created. */
void libc_key_set(pthread_key_t key, const void *value);

/* A function defined by the C library itself; takes no lock of the dynamic linker. NULL: there is
 * none of that name. */
void *libc_own_function(const char *name);

/* An address in the code of libpthread, or of the C library that includes it; 0: the program was
 * started without. */
uintptr_t libc_threads_code(void);

/* An address in the C library's code. */
uintptr_t libc_code(void);

/* 36 for glibc 2.36; 0 for musl. */
unsigned libc_glibc_minor(void);

/* True if the path's last component is the file name of the C library. */
bool libc_is_file(const char *path);

/* In a debug build: true if the environment has `entry`, "SILT_TEST_...=VALUE", by which tests
 * simulate a C library that lacks something. */
bool libc_test_asks_for(const char *entry);

#endif
