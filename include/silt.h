/*
 * silt's client interface, for programs that decide when a snapshot is taken, or ask what silt
 * knows.
 *
 * Header only. A program that includes it builds, links and runs the same without silt: every call
 * then does nothing and returns what is stated below. When the program runs under libsilt.so, the
 * calls reach the library. They may be called from any thread, but not from signal handlers.
 * silt(3) describes them.
 *
 * C11 or C++11, Linux. Nothing to link with (before glibc 2.34: -ldl).
 */
#ifndef SILT_H
#define SILT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A weak reference to dlsym, which static programs lack. Weak references to the silt_ functions
 * would not do: in executables that are not position-independent, linkers resolve them to NULL for
 * good. */
#if defined __GLIBC__ && (__GLIBC__ < 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ < 34))
#define SILT__WEAK /* linkers drop libdl.so.2, which has it, if all references to it are weak */
#else
#define SILT__WEAK __attribute__((weak))
#endif
extern void *silt__dlsym(void *handle, const char *name) __asm__("dlsym") SILT__WEAK;

/* The library's function of this name; NULL: the program does not run under the library. */
static inline void *silt__find(const char *name)
{
	void *(*look_up)(void *, const char *) = silt__dlsym;

	return look_up ? look_up((void *)0, name) : (void *)0;
}

#define SILT__CALL(result, absent, name, parameters, arguments)                                    \
	do {                                                                                       \
		static result(*function) parameters;                                               \
		static int looked;                                                                 \
		if (!__atomic_load_n(&looked, __ATOMIC_ACQUIRE)) {                                 \
			*(void **)&function = silt__find(name);                                    \
			__atomic_store_n(&looked, 1, __ATOMIC_RELEASE);                            \
		}                                                                                  \
		return function ? function arguments : absent;                                     \
	} while (0)

/* Returns 1 if the program runs under silt and is being recorded, else 0.
 * (tracemalloc.is_tracing) */
static inline int silt_is_tracing(void)
{
	SILT__CALL(int, 0, "silt_lib_is_tracing", (void), ());
}

/* Writes a snapshot now, and returns once it is written. `label` may be NULL; 255 bytes are kept.
 * Returns 0 or an errno value: ENOSYS without the library, ENOSPC, ...
 * (tracemalloc.take_snapshot) */
static inline int silt_snapshot(const char *label)
{
	SILT__CALL(int, 38 /* ENOSYS */, "silt_lib_snapshot", (const char *), (label));
}

/* Sets *current to the bytes in live blocks, and *peak to the most there were since the start or
 * silt_reset_peak(); either pointer may be NULL. Exact with one thread, else to within 64 KiB a
 * thread. Returns 0, or ENOSYS without the library, with both set to 0.
 * (tracemalloc.get_traced_memory) */
static inline int silt__no_memory(uint64_t *current, uint64_t *peak)
{
	if (current)
		*current = 0;
	if (peak)
		*peak = 0;
	return 38;
}
static inline int silt_traced_memory(uint64_t *current, uint64_t *peak)
{
	SILT__CALL(int, silt__no_memory(current, peak), "silt_lib_traced_memory",
		   (uint64_t *, uint64_t *), (current, peak));
}

/* Sets the peak to the present live bytes. Returns 0 or ENOSYS. (tracemalloc.reset_peak) */
static inline int silt_reset_peak(void)
{
	SILT__CALL(int, 38, "silt_lib_reset_peak", (void), ());
}

/* Starts recording again after silt_stop(). Returns 0 or ENOSYS. (tracemalloc.start) */
static inline int silt_start(void)
{
	SILT__CALL(int, 38, "silt_lib_start", (void), ());
}

/* Stops recording, and forgets everything recorded. Returns 0, ENOMEM or ENOSYS.
 * (tracemalloc.stop) */
static inline int silt_stop(void)
{
	SILT__CALL(int, 38, "silt_lib_stop", (void), ());
}

/* Forgets everything recorded so far; blocks that are live now are not known any more. What other
 * threads allocate or free meanwhile may be miscounted. Returns 0, ENOMEM or ENOSYS.
 * (tracemalloc.clear_traces) */
static inline int silt_clear_traces(void)
{
	SILT__CALL(int, 38, "silt_lib_clear_traces", (void), ());
}

/* Stores the call stack that allocated the live block at `block` (the pointer that malloc
 * returned): up to `max` return addresses, innermost first. Returns the number of frames that silt
 * has, which may exceed `max`; 0 if the block is unknown. (tracemalloc.get_object_traceback) */
static inline size_t silt_traceback_of(const void *block, void **addresses, size_t max)
{
	SILT__CALL(size_t, 0, "silt_lib_traceback_of", (const void *, void **, size_t),
		   (block, addresses, max));
}

/* Frames kept of a call stack; 0 without the library. (tracemalloc.get_traceback_limit) */
static inline unsigned silt_traceback_limit(void)
{
	SILT__CALL(unsigned, 0, "silt_lib_traceback_limit", (void), ());
}

/* Counts a unit of work, such as a request: `silt report` then tells what leaks per iteration.
 * Takes a few ns; threads may call it at once. Returns 0 or ENOSYS. */
static inline int silt_iteration(void)
{
	SILT__CALL(int, 38, "silt_lib_iteration", (void), ());
}

/* Bytes of memory that silt itself uses in this process; 0 without the library.
 * (tracemalloc.get_tracemalloc_memory) */
static inline uint64_t silt_overhead(void)
{
	SILT__CALL(uint64_t, 0, "silt_lib_overhead", (void), ());
}

/* -- what the program knows of its memory, for the heap graph -- */

/* All functions below, except silt_ignore_begin() and silt_ignore_end(), return EBUSY in a signal
 * handler that has interrupted the library. */

/* Only the address is used: prevents the warning that nothing was written there yet. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define SILT__ADDRESS(which) __attribute__((access(none, which)))
#else
#define SILT__ADDRESS(which)
#endif

/* Says that [start, start + size) holds pointers that keep blocks alive, such as memory that the
 * program mapped itself. A region added n times must be removed n times. Returns 0, EINVAL (no such
 * range), ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_root_add(const void *start, size_t size)
{
	SILT__CALL(int, 38, "silt_lib_root_add", (const void *, size_t), (start, size));
}

/* Removes a region, given as it was added. Returns 0, EINVAL, ENOENT or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_root_remove(const void *start, size_t size)
{
	SILT__CALL(int, 38, "silt_lib_root_remove", (const void *, size_t), (start, size));
}

/* Says that the live block, or piece of a pool, that `block` points to or into, and all that is
 * reached from it, is meant to stay: it is not reported as lost or as retained. Returns 0, ENOENT
 * (no block is known there), EINVAL or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_ignore(const void *block)
{
	SILT__CALL(int, 38, "silt_lib_ignore", (const void *), (block));
}

/* The same for all blocks that this thread allocates between the two calls, which nest. Return 0 or
 * ENOSYS; silt_ignore_end() also EINVAL, without a begin. */
static inline int silt_ignore_begin(void)
{
	SILT__CALL(int, 38, "silt_lib_ignore_begin", (void), ());
}
static inline int silt_ignore_end(void)
{
	SILT__CALL(int, 38, "silt_lib_ignore_end", (void), ());
}

/* Says that the pointer stored at `slot` (aligned to 8 bytes) does not own what it points to, such
 * as a back-reference. Ends with the block that contains the slot; elsewhere it never ends. Returns
 * 0, EINVAL, ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_weak(const void *slot)
{
	SILT__CALL(int, 38, "silt_lib_weak", (const void *), (slot));
}

/* -- pools: memory that the program hands out itself, in pieces -- */

/* Adds a pool, named by any address. Returns 0, EEXIST, EINVAL, ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_pool_create(const void *pool)
{
	SILT__CALL(int, 38, "silt_lib_pool_create", (const void *), (pool));
}

/* Says that the pool hands out `size` bytes at `piece`, which are then recorded as a block, with
 * the call stack of this call. A piece that began at the same address has ended. Returns 0, ENOENT
 * (no such pool), EINVAL, ENOMEM or ENOSYS. */
static inline int silt__no_pool_alloc(const void *pool, const void *piece, size_t size)
{
	(void)pool, (void)piece, (void)size;
	return 38;
}
typedef int silt__pool_alloc_function(const void *pool, const void *piece, size_t size)
	SILT__ADDRESS(1) SILT__ADDRESS(2);
static inline silt__pool_alloc_function *silt__pool_alloc(void)
{
	static silt__pool_alloc_function *function;

	if (!__atomic_load_n(&function, __ATOMIC_ACQUIRE)) {
		silt__pool_alloc_function *found;

		*(void **)&found = silt__find("silt_lib_pool_alloc");
		__atomic_store_n(&function, found ? found : silt__no_pool_alloc, __ATOMIC_RELEASE);
	}
	return function;
}
/* A macro, so that the caller is the program's function in every build. */
#define silt_pool_alloc(pool, piece, size) (silt__pool_alloc()((pool), (piece), (size)))

/* Says that a piece was returned to the pool. Returns 0, ENOENT (no such piece), EINVAL or
 * ENOSYS. */
SILT__ADDRESS(1)
SILT__ADDRESS(2) static inline int silt_pool_free(const void *pool, const void *piece)
{
	SILT__CALL(int, 38, "silt_lib_pool_free", (const void *, const void *), (pool, piece));
}

/* Says that all pieces were returned; the pool stays. Returns 0, ENOENT (no such pool), EINVAL or
 * ENOSYS. */
SILT__ADDRESS(1) static inline int silt_pool_reset(const void *pool)
{
	SILT__CALL(int, 38, "silt_lib_pool_reset", (const void *), (pool));
}

/* Says that all pieces were returned, and removes the pool. Call it before the pool's memory is
 * freed. Returns as silt_pool_reset(). */
SILT__ADDRESS(1) static inline int silt_pool_destroy(const void *pool)
{
	SILT__CALL(int, 38, "silt_lib_pool_destroy", (const void *), (pool));
}

#undef SILT__CALL
#undef SILT__ADDRESS

#ifdef __cplusplus
}
#endif

#endif
