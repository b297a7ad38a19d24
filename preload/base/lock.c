/*
 * Locks on futexes: see rt.h.
 * Path: hot. Threads: all. Memory: none.
 * Must not: touch errno, use thread-local storage (see rt.h).
 */
#include "base/rt.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/arch.h"
#include "silt_assert.h"

bool rt_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = {(time_t)(timeout_ns / 1000000000),
				   (long)(timeout_ns % 1000000000)};

	return rt_syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)&timeout, 0, 0) ==
	       -ETIMEDOUT;
}

void rt_wake(_Atomic uint32_t *word)
{
	rt_syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

/* Not by nanosleep(), after which the kernel has forgotten a wait of the thread that it is to
 * restart: a poll() that attaching has interrupted (restart_syscall(2)). */
void rt_sleep(uint64_t ns)
{
	static _Atomic uint32_t nobody;

	rt_wait(&nobody, 0, ns);
}

/* Not a valid mask: SIGKILL and SIGSTOP cannot be blocked. */
#define NOT_HELD ~0ul

uint64_t rt_block_signals(void)
{
	uint64_t all = ~0ul, old = 0;

	if (atomic_load_explicit(&rt_confined, memory_order_relaxed))
		return NOT_HELD; /* the system call might end the program */
	rt_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old, sizeof old, 0, 0);
	return old;
}

void rt_restore_signals(uint64_t old)
{
	if (old == NOT_HELD)
		return;
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, sizeof old, 0, 0);
}

_Atomic uint32_t *rt_copy_mark;
bool (*rt_helper_runs)(void);

/* A lock's state. Bit 0: somebody waits. Bits 1 to 22: the thread; or HELPER, with its generation
 * in bits 2 to 9. Bits 24 to 31: the process. */
#define WAITED 1u
#define THREAD 0x7ffffeu
#define SOME_THREAD 0x400000u
#define HELPER 2u
#define GENERATIONS 256u
#define PROCESS 0xff000000u

static uint32_t process(void)
{
	static _Atomic uint32_t number;

	if (rt_copy_mark && unlikely(!atomic_load_explicit(rt_copy_mark, memory_order_relaxed)) &&
	    !atomic_exchange(rt_copy_mark, 1))
		atomic_fetch_add(&number, 1);
	return atomic_load_explicit(&number, memory_order_relaxed) << 24;
}

static uint32_t helper_state(void)
{
	return HELPER | rt_helper_generation % GENERATIONS << 2;
}

static uint32_t self(void)
{
	if (rt_is_helper())
		return process() | helper_state();
	/* thread records are at least 4 KiB apart */
	return process() | SOME_THREAD |
	       ((uint32_t)(arch_thread_pointer() >> 11) & (THREAD ^ SOME_THREAD));
}

static bool try_state(struct rt_lock *lock, uint32_t wanted)
{
	uint32_t state = 0;

	if (atomic_compare_exchange_strong_explicit(&lock->state, &state, wanted,
						    memory_order_acquire, memory_order_relaxed))
		return true;
	return (state ^ wanted) & PROCESS &&
	       atomic_compare_exchange_strong_explicit(&lock->state, &state, wanted,
						       memory_order_acquire, memory_order_relaxed);
}

static RT_COLD bool take_from_helper(struct rt_lock *lock, uint32_t wanted)
{
	uint32_t state = atomic_load(&lock->state);

	bool by_helper = state & THREAD && !(state & SOME_THREAD);
	bool by_this_one = (state & THREAD) == helper_state();

	return by_helper && rt_helper_runs && (!by_this_one || !rt_helper_runs()) &&
	       atomic_compare_exchange_strong(&lock->state, &state, wanted);
}

/* A thread that had to wait takes the lock as waited for, since there may be other waiters. */
static void wait_in_line(struct rt_lock *lock)
{
	uint32_t wanted = self() | WAITED, state;
	int waits = 0;

	while (!try_state(lock, wanted)) {
		state = atomic_load(&lock->state);
		if (!state || (!(state & WAITED) && !atomic_compare_exchange_strong(
							    &lock->state, &state, state | WAITED)))
			continue;
		if (waits++ > 0)
			atomic_store_explicit(&lock->starved, 1, memory_order_relaxed);
		if (rt_wait(&lock->state, state | WAITED, 100000000) &&
		    take_from_helper(lock, wanted))
			break;
	}
	if (waits > 1) {
		atomic_store_explicit(&lock->starved, 0, memory_order_relaxed);
		rt_wake(&lock->starved);
	}
}

static void wait_for_state(struct rt_lock *lock)
{
	/* A thread that takes the lock again at once would always win over one that first has to be
	 * woken. A flag that nobody clears (its waiter is in the parent of a fork) costs one such
	 * wait. */
	if (atomic_load_explicit(&lock->starved, memory_order_relaxed)) {
		rt_wait(&lock->starved, 1, 1000000);
		atomic_store_explicit(&lock->starved, 0, memory_order_relaxed);
	}
	for (int i = 0; i < 100; i++)
		if (try_state(lock, self()))
			return;
	wait_in_line(lock);
}

bool rt_trylock(struct rt_lock *lock)
{
	uint64_t old = lock->allows_signals ? 0 : rt_block_signals();
	bool got = try_state(lock, self());

	if (got)
		lock->mask = old;
	else if (!lock->allows_signals)
		rt_restore_signals(old);
	return got;
}

#ifdef SILT_DEBUG
static struct rt_lock *_Atomic ranked[RT_RANKS]; /* by rank: the lock, once it has been taken */

static bool is_in_order(struct rt_lock *lock)
{
	uint32_t me = self();

	for (int rank = lock->rank; lock->rank && rank < RT_RANKS; rank++) {
		struct rt_lock *later = atomic_load(&ranked[rank]);

		if (later && (atomic_load(&later->state) & ~WAITED) == me)
			return false;
	}
	atomic_store(&ranked[lock->rank], lock);
	return true;
}
#endif

void rt_lock(struct rt_lock *lock)
{
	uint64_t old = lock->allows_signals ? 0 : rt_block_signals();

	SILT_ASSERT(is_in_order(lock));
	wait_for_state(lock);
	lock->mask = old;
}

void rt_unlock(struct rt_lock *lock)
{
	uint64_t old = lock->mask;
	bool allows_signals = lock->allows_signals;

	if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) & WAITED)
		rt_wake(&lock->state);
	if (!allows_signals)
		rt_restore_signals(old);
}

void rt_lock_for_fork(struct rt_lock *lock)
{
	if ((atomic_load(&lock->state) & ~WAITED) == self())
		lock->held_by_forker = true;
	else
		rt_lock(lock);
}

void rt_unlock_after_fork(struct rt_lock *lock)
{
	uint32_t state = atomic_load(&lock->state);

	if (!lock->held_by_forker) {
		rt_unlock(lock);
		return;
	}
	lock->held_by_forker = false;
	/* in the child, its owner is the thread that forked */
	if ((state ^ self()) & PROCESS)
		atomic_store(&lock->state, self());
}

bool rt_lock_within(struct rt_lock *lock, uint64_t ns)
{
	uint64_t end = rt_monotonic_ns() + ns;

	while (!rt_trylock(lock)) {
		if (rt_monotonic_ns() > end)
			return false;
		rt_sleep(1000000);
	}
	return true;
}
