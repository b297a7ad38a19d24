/*
 * The ground the library stands on: see rt.h.
 * Path: locks and clock hot, the rest cold. Threads: all. Memory: own mappings.
 * Must not: call malloc or stdio, touch errno, use thread-local storage (the helper process shares its
 * owner's).
 */
#include "base/rt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arch.h"

long rt_process_id(void)
{
	long pid = rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), length;
	char link[24];
	uint64_t number;

	if (pid > 0)
		return pid;
	length = rt_syscall(SYS_readlinkat, AT_FDCWD, (long)"/proc/self", (long)link, sizeof link - 1, 0, 0);
	if (length <= 0)
		return pid;
	link[length] = 0;
	return rt_parse_number(link, &number) ? (long)number : pid;
}

uintptr_t rt_helper_stack;
size_t rt_helper_stack_size;
uint32_t rt_helper_generation;

static bool is_helper(void)
{
	return (uintptr_t)__builtin_frame_address(0) - rt_helper_stack < rt_helper_stack_size;
}

/* -- memory -- */

struct region {
	void *start;
	size_t size;
	bool counted;
};

/* Regions are few: tables double, leaves of the shadow are mapped many at a time. One too many is mapped but not counted. */
#define MAX_REGIONS 8192
static struct region regions[MAX_REGIONS];
static uint32_t region_count;
static struct rt_lock region_lock;

uint64_t rt_memory_limit = UINT64_MAX;
_Atomic bool rt_confined, rt_confined_strictly;
static _Atomic uint64_t charged, refused_ns;

bool rt_charge(size_t size)
{
	uint64_t never = 0;

	if (atomic_fetch_add(&charged, size) + size <= rt_memory_limit)
		return true;
	atomic_fetch_sub(&charged, size);
	if (!atomic_load(&refused_ns))
		atomic_compare_exchange_strong(&refused_ns, &never, rt_monotonic_ns());
	return false;
}

void rt_uncharge(size_t size)
{
	atomic_fetch_sub(&charged, size);
}

uint64_t rt_memory_refused_ns(void)
{
	return atomic_load(&refused_ns);
}

static bool no_calls(void)
{
	return unlikely(atomic_load_explicit(&rt_confined_strictly, memory_order_relaxed)) && !is_helper();
}

/* With the rest of its last page, which is ours, too: what is left of walks there is no root of the program's. */
static void add_region(void *start, size_t size, bool counted)
{
	size = (size + rt_page_size() - 1) & ~(rt_page_size() - 1);
	rt_lock(&region_lock);
	if (region_count < MAX_REGIONS)
		regions[region_count++] = (struct region){start, size, counted};
	rt_unlock(&region_lock);
}

/*
 * Never locked in memory: under mlockall(MCL_FUTURE) all of it would be touched at once, and held against RLIMIT_MEMLOCK. What
 * cannot be accessed is not touched, and what is unlocked before it can be accessed stays so.
 */
static long map_pages(size_t size)
{
	bool confined = atomic_load_explicit(&rt_confined, memory_order_relaxed) && !is_helper();
	long address = rt_syscall(SYS_mmap, 0, (long)size, confined ? PROT_READ | PROT_WRITE : PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (confined || (address < 0 && address > -4096))
		return address;
	rt_syscall(SYS_munlock, address, (long)size, 0, 0, 0, 0);
	if (rt_syscall(SYS_mprotect, address, (long)size, PROT_READ | PROT_WRITE, 0, 0, 0) == 0)
		return address;
	rt_syscall(SYS_munmap, address, (long)size, 0, 0, 0, 0);
	return -ENOMEM;
}

void *rt_map_for(enum rt_purpose purpose, size_t size)
{
	long address;

	if (no_calls())
		return NULL;
	if (purpose == RT_NEEDED)
		atomic_fetch_add(&charged, size);
	else if (purpose == RT_BOUNDED && !rt_charge(size))
		return NULL;
	address = map_pages(size);
	if (address < 0 && address > -4096) {
		if (purpose != RT_BRIEF)
			atomic_fetch_sub(&charged, size);
		return NULL;
	}
	add_region((void *)address, size, purpose != RT_BRIEF);
	return (void *)address;
}

void *rt_map_shared(size_t size)
{
	long address = no_calls() ? -EPERM
				  : rt_syscall(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
					       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (address < 0 && address > -4096)
		return NULL;
	add_region((void *)address, size, false);
	return (void *)address;
}

void rt_unmap(void *memory, size_t size)
{
	rt_lock(&region_lock);
	for (uint32_t i = region_count; i-- > 0;) {
		if (regions[i].start == memory) {
			if (regions[i].counted)
				atomic_fetch_sub(&charged, size);
			regions[i] = regions[--region_count];
			break;
		}
	}
	rt_unlock(&region_lock);
	if (!no_calls())
		rt_syscall(SYS_munmap, (long)memory, (long)size, 0, 0, 0, 0);
}

void rt_before_fork(void)
{
	rt_lock(&region_lock);
}

void rt_after_fork(void)
{
	rt_unlock(&region_lock);
}

void rt_each_mapping(void (*visit)(void *argument, uintptr_t start, uintptr_t end), void *argument)
{
	for (uint32_t i = 0; i < region_count; i++)
		visit(argument, (uintptr_t)regions[i].start, (uintptr_t)regions[i].start + regions[i].size);
}

unsigned long rt_page_size(void)
{
	static _Atomic unsigned long known;
	unsigned long size = atomic_load_explicit(&known, memory_order_relaxed);

	if (unlikely(!size)) {
		size = getauxval(AT_PAGESZ);
		if (size < RT_PAGE)
			size = RT_PAGE;
		atomic_store_explicit(&known, size, memory_order_relaxed);
	}
	return size;
}

bool rt_present(const void *start, size_t size, unsigned char *present)
{
	/* Not mincore: it calls pages in swap absent. Bits 63 and 62 of a pagemap entry: in memory, in swap.
	 */
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0, 0, 0);
	size_t page = rt_page_size(), pieces = size / RT_PAGE, done = 0;
	uint64_t entries[64] = {0};

	while (fd >= 0 && done < pieces) {
		uintptr_t at = (uintptr_t)start + done * RT_PAGE, first = at / page;
		size_t part = ((uintptr_t)start + size - 1) / page - first + 1;
		long n = rt_syscall(SYS_pread64, fd, (long)entries, (long)((part < 64 ? part : 64) * 8),
				    (long)(first * 8), 0, 0);

		if (n < 8)
			break;
		for (; done < pieces && at / page - first < (size_t)n / 8; at += RT_PAGE)
			present[done++] = entries[at / page - first] >> 62 != 0;
	}
	if (fd >= 0)
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return done == pieces;
}

static uint64_t resident_pages(const char *start, size_t size)
{
	unsigned char present[512] = {0};
	uint64_t pages = 0;

	for (size_t done = 0; done < size; done += sizeof present * RT_PAGE) {
		size_t part = size - done;

		if (part > sizeof present * RT_PAGE)
			part = sizeof present * RT_PAGE;
		if (!rt_present(start + done, part, present))
			break;
		for (size_t i = 0; i < (part + RT_PAGE - 1) / RT_PAGE; i++)
			pages += present[i] & 1;
	}
	return pages;
}

uint64_t rt_resident(void)
{
	uint64_t pages = 0;

	for (uint32_t i = 0;; i++) {
		struct region region;

		rt_lock(&region_lock);
		if (i >= region_count) {
			rt_unlock(&region_lock);
			return pages * RT_PAGE;
		}
		region = regions[i];
		rt_unlock(&region_lock);
		pages += resident_pages(region.start, region.size);
	}
}

bool rt_readable(const void *address)
{
	/* rt_sigprocmask copies the new set in before it looks at the (invalid) "how": EFAULT if it cannot be
	 * read, EINVAL if it can. Works where other probes are forbidden by seccomp, needs no descriptor. */
	uintptr_t aligned = (uintptr_t)address & ~7ul;

	return !rt_confined && rt_syscall(SYS_rt_sigprocmask, ~0, (long)aligned, 0, 8, 0, 0) == -EINVAL;
}

bool rt_array_reserve(struct rt_array *array, uint32_t index, size_t element)
{
	uint32_t part = 31u - (uint32_t)__builtin_clz(index / 1024 + 1);
	void *memory;

	if (part >= RT_ARRAY_PARTS)
		return false;
	if (atomic_load_explicit(&array->parts[part], memory_order_relaxed))
		return true;
	memory = rt_map((1024ul << part) * element);
	atomic_store_explicit(&array->parts[part], memory, memory_order_release);
	return memory != NULL;
}

/* -- locks -- */

bool rt_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = {(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};

	return rt_syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)&timeout, 0, 0) ==
	       -ETIMEDOUT;
}

void rt_wake(_Atomic uint32_t *word)
{
	rt_syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

/* No mask of a thread's: SIGKILL and SIGSTOP are in none. */
#define NOT_HELD ~0ul

uint64_t rt_hold_signals(void)
{
	uint64_t all = ~0ul, old = 0;

	if (atomic_load_explicit(&rt_confined, memory_order_relaxed))
		return NOT_HELD; /* the call might end the program */
	rt_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old, sizeof old, 0, 0);
	return old;
}

void rt_let_signals(uint64_t old)
{
	if (old == NOT_HELD)
		return;
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, sizeof old, 0, 0);
}

_Atomic uint32_t *rt_copy_mark;
bool (*rt_helper_runs)(void);

/* A lock's state: bit 0: waited for; bits 1 to 22: the thread, or HELPER with its generation in bits 2 to 9; bits 24 to 31: the
 * process. */
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
	uint32_t thread = (uint32_t)(arch_thread_pointer() >> 11) & (THREAD ^ SOME_THREAD);

	if (is_helper())
		return process() | helper_state();
	return process() | SOME_THREAD | thread; /* control blocks are 4 KiB apart at least */
}

static bool try_state(struct rt_lock *lock, uint32_t wanted)
{
	uint32_t state = 0;

	if (atomic_compare_exchange_strong_explicit(&lock->state, &state, wanted, memory_order_acquire,
						    memory_order_relaxed))
		return true;
	return (state ^ wanted) & PROCESS &&
	       atomic_compare_exchange_strong_explicit(&lock->state, &state, wanted, memory_order_acquire,
						       memory_order_relaxed);
}

static RT_COLD bool take_from_helper(struct rt_lock *lock, uint32_t wanted)
{
	uint32_t state = atomic_load(&lock->state);

	bool by_helper = state & THREAD && !(state & SOME_THREAD);
	bool by_this_one = (state & THREAD) == helper_state();

	return by_helper && rt_helper_runs && (!by_this_one || !rt_helper_runs()) &&
	       atomic_compare_exchange_strong(&lock->state, &state, wanted);
}

/* One that had to wait takes it as waited for: there may be others. */
static void wait_in_line(struct rt_lock *lock)
{
	uint32_t wanted = self() | WAITED, state;
	int waits = 0;

	while (!try_state(lock, wanted)) {
		state = atomic_load(&lock->state);
		if (!state || (!(state & WAITED) &&
			       !atomic_compare_exchange_strong(&lock->state, &state, state | WAITED)))
			continue;
		if (waits++ > 0)
			atomic_store_explicit(&lock->hungry, 1, memory_order_relaxed);
		if (rt_wait(&lock->state, state | WAITED, 100000000) && take_from_helper(lock, wanted))
			break;
	}
	if (waits > 1) {
		atomic_store_explicit(&lock->hungry, 0, memory_order_relaxed);
		rt_wake(&lock->hungry);
	}
}

static void wait_for_state(struct rt_lock *lock)
{
	/* A thread that takes the lock again at once would never let in one that has to be woken first. A flag that nobody
	 * takes back (the waiter of a forked parent) costs one such wait. */
	if (atomic_load_explicit(&lock->hungry, memory_order_relaxed)) {
		rt_wait(&lock->hungry, 1, 1000000);
		atomic_store_explicit(&lock->hungry, 0, memory_order_relaxed);
	}
	for (int i = 0; i < 100; i++)
		if (try_state(lock, self()))
			return;
	wait_in_line(lock);
}

bool rt_trylock(struct rt_lock *lock)
{
	uint64_t old = lock->open ? 0 : rt_hold_signals();
	bool got = try_state(lock, self());

	if (got)
		lock->mask = old;
	else if (!lock->open)
		rt_let_signals(old);
	return got;
}

void rt_lock(struct rt_lock *lock)
{
	uint64_t old = lock->open ? 0 : rt_hold_signals();

	wait_for_state(lock);
	lock->mask = old;
}

void rt_unlock(struct rt_lock *lock)
{
	uint64_t old = lock->mask;
	bool open = lock->open;

	if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) & WAITED)
		rt_wake(&lock->state);
	if (!open)
		rt_let_signals(old);
}

void rt_lock_for_fork(struct rt_lock *lock)
{
	if ((atomic_load(&lock->state) & ~WAITED) == self())
		lock->inherited = true;
	else
		rt_lock(lock);
}

void rt_unlock_after_fork(struct rt_lock *lock)
{
	uint32_t state = atomic_load(&lock->state);

	if (!lock->inherited) {
		rt_unlock(lock);
		return;
	}
	lock->inherited = false;
	if ((state ^ self()) & PROCESS) /* in the child its holder is the thread that goes on there */
		atomic_store(&lock->state, self());
}

bool rt_lock_within(struct rt_lock *lock, uint64_t ns)
{
	uint64_t end = rt_monotonic_ns() + ns;

	while (!rt_trylock(lock)) {
		if (rt_monotonic_ns() > end)
			return false;
		rt_syscall(SYS_nanosleep, (long)&(struct timespec){0, 1000000}, 0, 0, 0, 0, 0);
	}
	return true;
}

_Atomic uint32_t rt_version = 1;

/* -- time -- */

int (*rt_clock)(clockid_t clock, struct timespec *now) = clock_gettime;

int rt_clock_of_kernel(clockid_t clock, struct timespec *now)
{
	if (atomic_load_explicit(&rt_confined, memory_order_relaxed))
		return clock_gettime(clock, now); /* as the program does itself */
	return (int)rt_syscall(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	rt_clock(clock, &now); /* the vDSO's; does not fail for these clocks */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t rt_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t rt_coarse_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t rt_unix_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/* -- text -- */

void rt_text_bytes(struct rt_text *text, const char *bytes, size_t length)
{
	size_t room = text->size - text->length - 1;

	if (length > room)
		length = room;
	memcpy(text->buffer + text->length, bytes, length);
	text->length += length;
	text->buffer[text->length] = 0;
}

void rt_text(struct rt_text *text, const char *piece)
{
	rt_text_bytes(text, piece, strlen(piece));
}

void rt_text_number(struct rt_text *text, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	rt_text_bytes(text, digits + n, sizeof digits - n);
}

long rt_write(long fd, const void *data, size_t size)
{
	uint64_t set = 1ull << (SIGPIPE - 1) | 1ull << (SIGXFSZ - 1), old, pending = 0;
	long result;

	rt_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, (long)&old, 8, 0, 0);
	rt_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0, 0);
	result = rt_syscall(SYS_write, fd, (long)data, (long)size, 0, 0, 0);
	set &= ~pending; /* what was there before is the program's */
	if ((result == -EPIPE || result == -EFBIG) && set)
		rt_syscall(SYS_rt_sigtimedwait, (long)&set, 0, (long)&(struct timespec){0, 0}, 8, 0, 0);
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	return result;
}

void rt_say(const char *a, const char *b, const char *c)
{
	char buffer[1024];
	struct rt_text line = {buffer, sizeof buffer - 1, 0};

	rt_text(&line, "silt: ");
	rt_text(&line, a);
	if (b)
		rt_text(&line, b);
	if (c)
		rt_text(&line, c);
	buffer[line.length++] = '\n';
	rt_write(2, buffer, line.length);
}

static const char *parse_digits(const char *text, uint64_t *number)
{
	const char *p = text;

	*number = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*number, 10ul, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*p - '0'), number))
			return NULL;
	return p == text ? NULL : p;
}

bool rt_parse_number(const char *text, uint64_t *number)
{
	const char *rest = parse_digits(text, number);

	return rest && *rest == 0;
}

long rt_read_file(const char *path, char *buffer, size_t size)
{
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	size_t length = 0;

	if (fd < 0)
		return fd;
	while (length + 1 < size) {
		long n =
			rt_syscall(SYS_read, fd, (long)(buffer + length), (long)(size - length - 1), 0, 0, 0);

		if (n <= 0)
			break;
		length += (size_t)n;
	}
	buffer[length] = 0;
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return (long)length;
}

uint64_t rt_field(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	uint64_t number;

	if (!p)
		return 0;
	for (p += strlen(key); *p == ' ' || *p == '\t'; p++)
		;
	return parse_digits(p, &number) ? number : 0;
}

int rt_high_descriptor(int descriptor)
{
	struct rlimit limit = {1024, 1024};
	long floor, moved;

	rt_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
	/* Not above 1024: the kernel's table of descriptors grows to the highest one. */
	floor = (limit.rlim_cur < 1024 ? (long)limit.rlim_cur : 1024) - 24;
	moved = rt_syscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, floor > 3 ? floor : 3, 0, 0, 0);
	rt_syscall(SYS_close, descriptor, 0, 0, 0, 0, 0);
	return (int)moved;
}
