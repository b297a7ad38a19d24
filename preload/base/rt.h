/*
 * The library's runtime: raw system calls, own pages, locks, clocks, messages, number parsing.
 * Path: locks and clocks hot, the rest cold. Threads: all. Memory: own mappings.
 * Must not: call malloc or stdio, touch errno, use thread-local storage (the helper process shares
 * that of the thread that started it).
 */
#ifndef SILT_RT_H
#define SILT_RT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* The smallest page size of all machines, the unit of rt_present(); see rt_page_size() */
#define RT_PAGE 4096ul
#define RT_EXPORT __attribute__((visibility("default")))
#define RT_COLD __attribute__((cold, noinline))
#define RT_HOT inline __attribute__((always_inline))
/* For variables that the hot path reads: without it their address is looked up first. */
#define RT_HIDDEN __attribute__((visibility("hidden")))

/* Raw system call. Returns the result or -errno; leaves errno as it is. */
long rt_syscall(long number, long a, long b, long c, long d, long e, long f);

/* This process's pid, also where a seccomp filter refuses getpid(). */
long rt_process_id(void);

/* clone(2): starts a process or thread that runs `run(argument)` on its own stack; `run` must not
 * return. Returns its pid or -errno. */
long rt_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument,
	      _Atomic uint32_t *parent_tid, _Atomic uint32_t *child_tid);

/* -- memory -- */

/* Whether memory is counted against SILT_MEMORY, and refused at that limit. */
enum rt_purpose {
	/* counted, and refused at the limit: tables that grow with what the program does */
	RT_BOUNDED,
	/* counted, never refused: the library does not work without it */
	RT_NEEDED,
	/* not counted: for the time of a snapshot, or sparse, with rt_charge() for what is used */
	RT_BRIEF,
};
/* Maps zeroed pages; NULL: no memory, or the limit is reached. Pages cost memory only once touched,
 * but are counted whole. */
void *rt_map_for(enum rt_purpose purpose, size_t size);
static inline void *rt_map(size_t size)
{
	return rt_map_for(RT_BOUNDED, size);
}
/* `size` must be the size that was mapped. */
void rt_unmap(void *memory, size_t size);
/* Maps zeroed pages that forked children share; NULL: no memory. */
void *rt_map_shared(size_t size);

/* The most bytes that may be counted; UINT64_MAX, the default: no limit. Set once, at the start. */
extern uint64_t rt_memory_limit;
/* Counts bytes of a sparse mapping that will be used from now on. False: the limit is reached. */
bool rt_charge(size_t size);
/* Undoes rt_charge(). */
void rt_uncharge(size_t size);
/* When the limit first refused something, monotonic clock; 0: never. */
uint64_t rt_memory_refused_ns(void);
/* Between these two no thread maps memory, so that the process can be copied. */
void rt_before_fork(void);
void rt_after_fork(void);
/* Calls `visit` for each of our mappings. Takes no lock. */
void rt_each_mapping(void (*visit)(void *argument, uintptr_t start, uintptr_t end), void *argument);
/* Resident bytes of all our mappings. */
uint64_t rt_resident(void);
/* The machine's page size: 4 KiB; also 16 or 64 KiB, but not on x86-64. */
unsigned long rt_page_size(void);
/* Sets one byte per RT_PAGE of [start, start + size): 1 if it is in memory or in swap, else 0.
 * False: unknown. */
bool rt_present(const void *start, size_t size, unsigned char *present);
/* The program has restricted its system calls (api/confine.c): only those for memory are safe. */
extern _Atomic bool rt_confined;
/* Not even those are: the library has to do with the memory that it has. */
extern _Atomic bool rt_confined_strictly;
/* True if the word at the address can be read. Asks the kernel, and causes no fault. False if
 * confined. */
bool rt_readable(const void *address);

/* An array that grows without moving: part k has 1024 << k elements. One thread at a time may grow
 * it while others read. */
#define RT_ARRAY_PARTS 14u /* 16 million elements */
struct rt_array {
	void *_Atomic parts[RT_ARRAY_PARTS];
};
static inline void *rt_array_at(const struct rt_array *array, uint32_t index, size_t element)
{
	uint32_t part = 31u - (uint32_t)__builtin_clz(index / 1024 + 1);

	return (char *)atomic_load_explicit(&array->parts[part], memory_order_acquire) +
	       (index - 1024 * ((1u << part) - 1)) * element;
}
/* Makes room for element `index`. False: no memory, or the array is full. */
bool rt_array_reserve(struct rt_array *array, uint32_t index, size_t element);

/* -- locks (futex; not recursive) -- */

/* The order of locks: a thread takes a lock only while it holds none of the same or a later rank,
 * which SILT_ASSERT() checks in rt_lock(). control/fork.c takes all in this order. Locks without a
 * rank: those that exist several times, and those held over a whole snapshot. */
enum rt_rank {
	RT_RANK_NONE,
	RT_RANK_THREADS,
	RT_RANK_FREES,
	RT_RANK_SITES,
	RT_RANK_GENERAL,
	RT_RANK_RULES,
	RT_RANK_ANNOTATIONS,
	RT_RANK_MODULES,
	RT_RANK_LEAVES,
	RT_RANK_REGIONS,
	RT_RANKS
};
#ifdef SILT_DEBUG
#define RT_LOCK(number)                                                                            \
	{                                                                                          \
		.rank = (number)                                                                   \
	}
#else
#define RT_LOCK(number)                                                                            \
	{                                                                                          \
		0                                                                                  \
	}
#endif

/* While a thread holds a lock, its signals are blocked: a handler that does not return (siglongjmp,
 * _exit, cancellation) would leave the lock held for ever. A thread releases the lock taken last
 * first. */
struct rt_lock {
	/* 0: free; else the owner, see lock.c */
	_Atomic uint32_t state;
	/* 1: a thread has waited more than once; others let it go first */
	_Atomic uint32_t starved;
	/* signals are not blocked, since the lock is taken often */
	bool allows_signals;
	/* rt_lock_for_fork(): the forking thread already held it */
	bool held_by_forker;
	/* the owner's signal mask before */
	uint64_t mask;
#ifdef SILT_DEBUG
	enum rt_rank rank;
#endif
};
/* The helper process shares the thread-local storage of the thread that started it, so it is
 * recognised by its stack. */
extern uintptr_t rt_helper_stack;
extern size_t rt_helper_stack_size;
static inline bool rt_is_helper(void)
{
	return (uintptr_t)__builtin_frame_address(0) - rt_helper_stack < rt_helper_stack_size;
}
/* Number of the present helper. Locks of an earlier helper count as free. */
extern uint32_t rt_helper_generation;
/* A word that the kernel clears in a copy of the process (MADV_WIPEONFORK): locks held by threads
 * of the original then count as free. Set once, at the start. */
extern _Atomic uint32_t *rt_copy_mark;
/* True if the helper runs. Called while a thread waits for a lock that the helper holds. Set once,
 * at the start. */
extern bool (*rt_helper_runs)(void);
/* Blocks all signals of the thread. Returns the mask for rt_restore_signals(). */
uint64_t rt_block_signals(void);
void rt_restore_signals(uint64_t old);
void rt_lock(struct rt_lock *lock);
/* False: another thread holds the lock. */
bool rt_trylock(struct rt_lock *lock);
void rt_unlock(struct rt_lock *lock);
/* Around a fork, which a signal handler may call: a lock that allows signals and that this thread
 * already holds stays as it is. */
void rt_lock_for_fork(struct rt_lock *lock);
void rt_unlock_after_fork(struct rt_lock *lock);
/* Waits up to `ns` for a lock that allows signals. False: not taken. */
bool rt_lock_within(struct rt_lock *lock, uint64_t ns);

/* Waits while *word is `value`, for `timeout_ns` at most. May return early. True: the time is
 * over. */
bool rt_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
/* Wakes all threads that wait for the word. */
void rt_wake(_Atomic uint32_t *word);
/* Sleeps that long; a signal may end it early. */
void rt_sleep(uint64_t ns);

/* Incremented whenever something changes that fast paths have checked and rely on. */
extern RT_HIDDEN _Atomic uint32_t rt_version;

/* -- time -- */

/* clock_gettime(). If another library replaces that, real_identify() sets this to the kernel's:
 * replacements fake the time, take locks and use thread-local storage. */
extern int (*rt_clock)(clockid_t clock, struct timespec *now);
/* The kernel's clock by a system call; once the program is confined, the C library's. */
int rt_clock_of_kernel(clockid_t clock, struct timespec *now);

/* Monotonic clock. */
uint64_t rt_monotonic_ns(void);
/* The same clock at the last kernel tick: 1 to 10 ms old, but read in a few nanoseconds. */
uint64_t rt_coarse_ns(void);
/* Wall clock, since 1970. */
uint64_t rt_unix_ns(void);

/* -- text -- */

/* A string built piece by piece in a caller's buffer: always terminated, cut when full. */
struct rt_text {
	char *buffer;
	size_t size, length;
};
void rt_text(struct rt_text *text, const char *piece);
void rt_text_bytes(struct rt_text *text, const char *bytes, size_t length);
void rt_text_number(struct rt_text *text, uint64_t number);

/* write(2) that raises neither SIGPIPE nor SIGXFSZ in the program. Returns bytes or -errno. */
long rt_write(long fd, const void *data, size_t size);
/* Prints a line on standard error: "silt: " and the three pieces. b and c may be NULL. */
void rt_say(const char *a, const char *b, const char *c);

/* Parses a decimal number below 2^64 that is the whole text. False: it is not. */
bool rt_parse_number(const char *text, uint64_t *number);

/* Reads a small file (/proc) into the buffer, terminated, cut where it does not fit. Returns its
 * length or -errno. */
long rt_read_file(const char *path, char *buffer, size_t size);
/* strstr(3), and the first '/' or '[' of a text, where the name begins
 * in a line of /proc/PID/maps; NULL: none. The C library's own functions may read the thread's
 * stack guard: the helper has the thread pointer of a thread that may have ended. */
const char *rt_find(const char *text, const char *words);
const char *rt_find_name(const char *text);
/* The number after the first `key` in a text such as /proc/self/status; 0: none. */
uint64_t rt_field(const char *text, const char *key);
/* Moves a descriptor to a high number, out of the program's way, close-on-exec; closes the old one.
 * Returns the new one or -errno. */
int rt_high_descriptor(int descriptor);

#endif
