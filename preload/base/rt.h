/*
 * The ground the library stands on: raw system calls, own pages, locks, words to the user, number
 * parsing.
 * Path: locks and clock hot, the rest cold. Threads: all. Memory: own mappings.
 * Must not: call malloc or stdio, touch errno, use thread-local storage (the helper process shares
 * its owner's).
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
/* the least there is; memory is looked at in pieces of it, see rt_page_size() */
#define RT_PAGE 4096ul
#define RT_EXPORT __attribute__((visibility("default")))
#define RT_COLD __attribute__((cold, noinline))
#define RT_HOT inline __attribute__((always_inline))
/* A variable of ours, declared where it is read on the hot path: without this its address is
 * looked up first. */
#define RT_HIDDEN __attribute__((visibility("hidden")))

/* Raw system call: the result or -errno; errno stays as it is. */
long rt_syscall(long number, long a, long b, long c, long d, long e, long f);

/* This process's number, also where a filter refuses getpid(). */
long rt_process_id(void);

/* A process or thread that runs `run(argument)` on a stack of its own and never returns from it;
 * its number or -errno. */
long rt_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument,
	      _Atomic uint32_t *parent_tid, _Atomic uint32_t *child_tid);

/* -- memory -- */

/* What is held against SILT_MEMORY, and what the limit can refuse. */
enum rt_purpose {
	/* a table that grows with what the program does: counted, and refused at the limit */
	RT_BOUNDED,
	/* without it nothing works: counted, never refused */
	RT_NEEDED,
	/* for the time of a snapshot; or sparse, and rt_charge() counts what is used of it */
	RT_BRIEF,
};
/* Zeroed pages of our own; NULL if there are none, or not within the limit. They cost memory only
 * where touched, and are counted whole. */
void *rt_map_for(enum rt_purpose purpose, size_t size);
static inline void *rt_map(size_t size)
{
	return rt_map_for(RT_BOUNDED, size);
}
void rt_unmap(void *memory, size_t size);
/* Zeroed pages that stay one memory with forked children; NULL: there are none. */
void *rt_map_shared(size_t size);

/* Most bytes that may be counted; UINT64_MAX, the default: no limit. Set once, at the start. */
extern uint64_t rt_memory_limit;
/* Counts bytes of a sparse mapping that will be used from now on; false: not within the limit. */
bool rt_charge(size_t size);
void rt_uncharge(size_t size);
/* When the limit first refused something, monotonic clock; 0: it has not. */
uint64_t rt_memory_refused_ns(void);
/* While a copy of the process is made nobody maps. */
void rt_before_fork(void);
void rt_after_fork(void);
/* Calls `visit` for every mapping of ours. */
void rt_each_mapping(void (*visit)(void *argument, uintptr_t start, uintptr_t end), void *argument);
/* Resident bytes of all our mappings. */
uint64_t rt_resident(void);
/* The machine's: 4 KiB, elsewhere than on x86-64 also 16 or 64. */
unsigned long rt_page_size(void);
/* Which pieces (RT_PAGE) of a mapping of ours are in memory or in swap: one byte a piece, 0 or 1.
 * False: cannot be told. */
bool rt_present(const void *start, size_t size, unsigned char *present);
/* The program has forbidden itself system calls (confine.c): one of ours, but for memory, may end
 * it. */
extern _Atomic bool rt_confined;
/* Those for memory, too: there is no more than what we have. */
extern _Atomic bool rt_confined_strictly;
/* Can this address be read? Asked of the kernel, without a fault. Confined: no. */
bool rt_readable(const void *address);

/* An array that grows without moving: part k holds 1024 << k elements. Growing is for one thread
 * at a time, reading for all. */
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
/* Makes room for element `index`; false if there is no memory or the array is at its end. */
bool rt_array_reserve(struct rt_array *array, uint32_t index, size_t element);

/* -- locks (futex; not recursive) -- */

/* A thread takes a lock only while it holds none of the same or a later rank: SILT_ASSERT() in
 * rt_lock(). control/fork.c takes all in this order. Of no rank: those of which there are several
 * (pools), and those that are held over a whole snapshot. */
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

/* While one is held, signals of the thread wait: a handler that does not return (siglongjmp,
 * _exit, or the thread is cancelled) would leave it held for good. Not so where `open` is set:
 * what is taken often. The last one taken is given back first. */
struct rt_lock {
	/* 0: free; else who holds it, see rt.c */
	_Atomic uint32_t state;
	/* 1: one has waited more than once; others let it go first */
	_Atomic uint32_t starved;
	bool open;
	/* the thread that forks held it already */
	bool inherited;
	/* the holder's signal mask */
	uint64_t mask;
#ifdef SILT_DEBUG
	enum rt_rank rank;
#endif
};
/* The helper process shares its owner's thread-local storage; it is told by its stack. */
extern uintptr_t rt_helper_stack;
extern size_t rt_helper_stack_size;
static inline bool rt_is_helper(void)
{
	return (uintptr_t)__builtin_frame_address(0) - rt_helper_stack < rt_helper_stack_size;
}
/* Counts the helpers there have been: what an earlier one holds is free. */
extern uint32_t rt_helper_generation;
/* A word that the kernel clears in a copy of the process (MADV_WIPEONFORK): what is held there by
 * threads of the other is free. Set once, at the start. */
extern _Atomic uint32_t *rt_copy_mark;
/* Asked while one waits in vain for what the helper holds. Set once, at the start. */
extern bool (*rt_helper_runs)(void);
/* Holds the thread's signals back; returns the mask to give to rt_restore_signals(). */
uint64_t rt_block_signals(void);
void rt_restore_signals(uint64_t old);
void rt_lock(struct rt_lock *lock);
bool rt_trylock(struct rt_lock *lock);
void rt_unlock(struct rt_lock *lock);
/* For a fork, which may be in a signal handler: an open one that this thread holds already is left
 * as it is. */
void rt_lock_for_fork(struct rt_lock *lock);
void rt_unlock_after_fork(struct rt_lock *lock);
/* Waits for an open one no longer than that. */
bool rt_lock_within(struct rt_lock *lock, uint64_t ns);

/* Waits while *word is `value`, at most `timeout_ns`; may return early. True: for all of that
 * time. */
bool rt_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
void rt_wake(_Atomic uint32_t *word);
/* Sleeps that long; a signal may end it early. */
void rt_sleep(uint64_t ns);

/* Changes whenever something changes that a fast path has asked for beforehand and takes for
 * granted from then on. */
extern RT_HIDDEN _Atomic uint32_t rt_version;

/* -- time -- */

/* clock_gettime(), or from real_identify() on the kernel's, where a library stands in for it: such
 * ones fake the time, take locks and use thread-local storage over it. */
extern int (*rt_clock)(clockid_t clock, struct timespec *now);
int rt_clock_of_kernel(clockid_t clock, struct timespec *now);

uint64_t rt_monotonic_ns(void); /* the real clock */
/* the same clock as of the last kernel tick: 1 to 10 ms old, a few ns to read */
uint64_t rt_coarse_ns(void);
uint64_t rt_unix_ns(void);

/* -- text -- */

/* A string built piece by piece in a caller's buffer; always terminated, cut where it is full. */
struct rt_text {
	char *buffer;
	size_t size, length;
};
void rt_text(struct rt_text *text, const char *piece);
void rt_text_bytes(struct rt_text *text, const char *bytes, size_t length);
void rt_text_number(struct rt_text *text, uint64_t number);

/* write(2) without SIGPIPE or SIGXFSZ: a closed pipe or a limit of the file's size is not the
 * program's fault. */
long rt_write(long fd, const void *data, size_t size);
/* One line on stderr: "silt: a b c". NULL pieces are skipped. */
void rt_say(const char *a, const char *b, const char *c);

/* All of the text is a decimal number below 2^64; false: it is not. */
bool rt_parse_number(const char *text, uint64_t *number);

/* The whole of a small file (/proc), terminated; the length, or -errno. */
long rt_read_file(const char *path, char *buffer, size_t size);
/* The number after `key` in text such as /proc/self/status; 0 if it is not there. */
uint64_t rt_field(const char *text, const char *key);
/* This descriptor moved out of the program's way, close-on-exec; the new number or -errno. */
int rt_high_descriptor(int descriptor);

#endif
