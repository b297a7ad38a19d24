/*
 * Repeats the system call that a thread was stopped in: see calls.h. preload/graph/calls.def has
 * more about each call, for threads that are stopped often; here one thread is stopped once.
 *
 * A stop ends a wait as a signal does. If no handler is to run, the kernel repeats most calls
 * itself, by a result that the thread does not see: ERESTARTSYS, ERESTARTNOINTR and ERESTARTNOHAND
 * repeat the call; ERESTART_RESTARTBLOCK becomes restart_syscall(), with the remaining time. As the
 * thread executes other code in between, its registers are set to make that call. Other calls
 * return EINTR without effect: they are repeated, too, with a timeout shortened by the time that
 * the thread was seen to sleep.
 */
#include "attach/calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "silt_calls.h"

#ifdef __x86_64__

#define RESTART_FIRST 512 /* ERESTARTSYS; 513 is ERESTARTNOINTR, */
#define RESTART_LAST 514  /* ERESTARTNOHAND */
#define RESTART_BLOCK 516 /* ERESTART_RESTARTBLOCK; no user-space header defines these */
#define CALL_SIZE 2	  /* bytes of the syscall instruction */

static bool futex_may_stop(uint64_t operation)
{
	int command = (int)operation & FUTEX_CMD_MASK;

	return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI;
}

bool calls_may_stop(const struct target_place *place)
{
	const uint64_t *a = place->arguments;

	switch (place->number) {
	case SYS_futex:
		return futex_may_stop(a[1]);
	case SYS_recvfrom:
		return !(a[3] & MSG_WAITALL);
	case SYS_recvmsg:
		return !(a[2] & MSG_WAITALL);
	case SYS_io_uring_enter: /* its result would be the number of requests submitted */
		return a[1] == 0;
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
	case SYS_pause:
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_rt_sigtimedwait:
	case SYS_rt_sigsuspend:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_read:
	case SYS_readv:
	case SYS_accept:
	case SYS_accept4:
	case SYS_semop:
	case SYS_msgrcv:
	case SYS_io_getevents:
	case SYS_restart_syscall:
		return true;
	default:
		return false;
	}
}

uint64_t calls_time_left(const struct target_place *place)
{
	if (place->number == SYS_nanosleep)
		return place->arguments[1];
	if (place->number == SYS_clock_nanosleep && !(place->arguments[1] & TIMER_ABSTIME))
		return place->arguments[3];
	return 0;
}

/* Returns true for calls that the kernel ends with EINTR, without effect, when a thread is
 * stopped in them. */
static bool is_made_again(long number)
{
	switch (number) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_rt_sigtimedwait:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
	case SYS_sendfile:
	case SYS_splice:
	case SYS_semop:
	case SYS_semtimedop:
	case SYS_io_getevents:
	case SYS_io_uring_enter:
	case SYS_select:
	case SYS_pselect6:
	case SYS_ppoll:
		return true;
	default:
		return false;
	}
}

static void shorten(unsigned long long *milliseconds, uint64_t slept_ns)
{
	int limit = (int)*milliseconds;
	uint64_t slept = slept_ns / 1000000;

	if (limit > 0)
		*milliseconds = slept < (uint64_t)limit ? (uint64_t)limit - slept : 0;
}

void calls_mend(struct user_regs_struct *registers, uint64_t slept_ns)
{
	long number = (long)registers->orig_rax, result = (long)registers->rax;

	if (number < 0)
		return;
	registers->orig_rax = ~0ull; /* the kernel must not repeat the call itself */
	if (result == -RESTART_BLOCK) {
		registers->rax = SYS_restart_syscall;
	} else if ((result <= -RESTART_FIRST && result >= -RESTART_LAST) ||
		   (result == -EINTR && is_made_again(number))) {
		registers->rax = (unsigned long long)number;
		if (result == -EINTR && (number == SYS_epoll_wait || number == SYS_epoll_pwait))
			shorten(&registers->r10, slept_ns);
	} else {
		return;
	}
	registers->rip -= CALL_SIZE;
}
#endif
