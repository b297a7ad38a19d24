/*
 * silt's client interface: for programs that want to say when a snapshot is taken, or to ask what
 * silt knows.
 *
 * Header only. A program that includes it builds, links and runs the same without silt: every call
 * then does nothing and returns what is stated below. When the program runs under libsilt.so the
 * calls reach it. silt(3) describes them.
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

/* dlsym, weakly: in a static program there is none, and nothing to find. A weak reference to the
 * silt_ functions themselves would not do: linkers resolve it to nothing for good in executables
 * that are not position-independent. */
#if defined __GLIBC__ && (__GLIBC__ < 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ < 34))
#define SILT__WEAK /* libdl.so.2 has it, which linkers leave out if it is asked for weakly */
#else
#define SILT__WEAK __attribute__((weak))
#endif
extern void *silt__dlsym(void *handle, const char *name) __asm__("dlsym") SILT__WEAK;

/* The library's function of this name, or NULL. */
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

/* Is the program running under silt, and is it recording? 1 or 0. (tracemalloc.is_tracing) */
static inline int silt_is_tracing(void)
{
	SILT__CALL(int, 0, "silt_lib_is_tracing", (void), ());
}

/* Writes a snapshot now, with this label (may be NULL; at most 255 bytes are kept), and waits
 * until it is written. Returns 0, or an errno value: ENOSYS without the library, ENOSPC, ...
 * (tracemalloc.take_snapshot) */
static inline int silt_snapshot(const char *label)
{
	SILT__CALL(int, 38 /* ENOSYS */, "silt_lib_snapshot", (const char *), (label));
}

/* Bytes in live blocks now, and the most there have been since the start or silt_reset_peak().
 * Exact with one thread, else to within 64 KiB a thread. Returns 0, or ENOSYS without the library
 * (both are set to 0 then). (tracemalloc.get_traced_memory) */
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

/* Sets the peak to what is live now. Returns 0, or ENOSYS. (tracemalloc.reset_peak) */
static inline int silt_reset_peak(void)
{
	SILT__CALL(int, 38, "silt_lib_reset_peak", (void), ());
}

/* Starts recording again after silt_stop(). Returns 0, or ENOSYS. (tracemalloc.start) */
static inline int silt_start(void)
{
	SILT__CALL(int, 38, "silt_lib_start", (void), ());
}

/* Stops recording and forgets everything recorded. Returns 0, or ENOSYS. (tracemalloc.stop) */
static inline int silt_stop(void)
{
	SILT__CALL(int, 38, "silt_lib_stop", (void), ());
}

/* Forgets everything recorded so far; blocks that are live now are not seen any more. Meant for a
 * moment when no other thread allocates: what others do meanwhile may be miscounted. Returns 0,
 * ENOMEM or ENOSYS. (tracemalloc.clear_traces) */
static inline int silt_clear_traces(void)
{
	SILT__CALL(int, 38, "silt_lib_clear_traces", (void), ());
}

/* The call stack that allocated the live block at `block` (the pointer malloc returned): up to
 * `max` return addresses, innermost first, into `addresses`. Returns the number of frames silt
 * has, which may be more than `max`; 0 if it does not know the block.
 * (tracemalloc.get_object_traceback) */
static inline size_t silt_traceback_of(const void *block, void **addresses, size_t max)
{
	SILT__CALL(size_t, 0, "silt_lib_traceback_of", (const void *, void **, size_t),
		   (block, addresses, max));
}

/* Frames kept per traceback; 0 without the library. (tracemalloc.get_traceback_limit) */
static inline unsigned silt_traceback_limit(void)
{
	SILT__CALL(unsigned, 0, "silt_lib_traceback_limit", (void), ());
}

/* Counts a unit of work, a request say: `silt report` then tells what leaks per iteration. A few
 * ns; threads may call it at once. Returns 0, or ENOSYS. */
static inline int silt_iteration(void)
{
	SILT__CALL(int, 38, "silt_lib_iteration", (void), ());
}

/* Bytes of memory silt itself uses in this process; 0 without the library.
 * (tracemalloc.get_tracemalloc_memory) */
static inline uint64_t silt_overhead(void)
{
	SILT__CALL(uint64_t, 0, "silt_lib_overhead", (void), ());
}

/* -- what the program knows of its memory, for the heap graph -- */

/* Only the address counts: no warning that nothing was written there yet. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define SILT__ADDRESS(which) __attribute__((access(none, which)))
#else
#define SILT__ADDRESS(which)
#endif

/* [start, start + size) holds pointers that keep blocks alive, such as memory the program mapped
 * itself. Counted: it takes as many silt_root_remove(). Returns 0, EINVAL (nothing, or no such
 * range), ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_root_add(const void *start, size_t size)
{
	SILT__CALL(int, 38, "silt_lib_root_add", (const void *, size_t), (start, size));
}

/* Takes back a silt_root_add() of the very same region. Returns 0, EINVAL, ENOENT or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_root_remove(const void *start, size_t size)
{
	SILT__CALL(int, 38, "silt_lib_root_remove", (const void *, size_t), (start, size));
}

/* The live block, or piece of a pool, that `block` points to or into, and all it reaches, is
 * neither reported as lost nor held against anybody. Returns 0, ENOENT (no block is known there),
 * EINVAL or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_ignore(const void *block)
{
	SILT__CALL(int, 38, "silt_lib_ignore", (const void *), (block));
}

/* The same for all blocks that this thread allocates until silt_ignore_end(). They nest. Return 0,
 * ENOSYS, and silt_ignore_end() EINVAL where there was no begin. */
static inline int silt_ignore_begin(void)
{
	SILT__CALL(int, 38, "silt_lib_ignore_begin", (void), ());
}
static inline int silt_ignore_end(void)
{
	SILT__CALL(int, 38, "silt_lib_ignore_end", (void), ());
}

/* The pointer stored at `slot` (aligned to 8 bytes) does not own what it points to: a
 * back-reference, say. In a block this lasts as long as the block, elsewhere for good. Returns 0,
 * EINVAL, ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_weak(const void *slot)
{
	SILT__CALL(int, 38, "silt_lib_weak", (const void *), (slot));
}

/* -- pools: memory that the program hands out itself, in pieces -- */

/* `pool`, any address, is the name of a new pool. Returns 0, EEXIST, EINVAL, ENOMEM or ENOSYS. */
SILT__ADDRESS(1) static inline int silt_pool_create(const void *pool)
{
	SILT__CALL(int, 38, "silt_lib_pool_create", (const void *), (pool));
}

/* The pool hands out `size` bytes at `piece`: from now on they are a block, allocated where this
 * is called. A piece that began there before has ended. Returns 0, ENOENT (no such pool), EINVAL,
 * ENOMEM or ENOSYS. */
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

/* The pool takes a piece back. Returns 0, ENOENT (it has none there), EINVAL or ENOSYS. */
SILT__ADDRESS(1)
SILT__ADDRESS(2) static inline int silt_pool_free(const void *pool, const void *piece)
{
	SILT__CALL(int, 38, "silt_lib_pool_free", (const void *, const void *), (pool, piece));
}

/* The pool takes all pieces back, and goes on. Returns 0, ENOENT (no such pool), EINVAL or
 * ENOSYS. */
SILT__ADDRESS(1) static inline int silt_pool_reset(const void *pool)
{
	SILT__CALL(int, 38, "silt_lib_pool_reset", (const void *), (pool));
}

/* The pool takes all pieces back and ends. Before its memory is given back. Returns as
 * silt_pool_reset(). */
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
