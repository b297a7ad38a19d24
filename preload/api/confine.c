/*
 * Programs that restrict their system calls by seccomp: a system call of ours may then kill them.
 * Just before, starts the helper, which is not restricted, or else writes the snapshot that cannot
 * be written at exit.
 * Path: cold, except for programs that make their system calls by syscall(). Threads: any. Memory:
 * none.
 * Must not: change what a call does or returns.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "control/control.h"
#include "control/helper_calls.h"
#include "control/identity.h"

static long finish(long result)
{
	if (result >= -4095 && result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* True if seccomp() restricts calls. Programs also call it, without a filter or with impossible
 * flags, to find out what the kernel supports. */
static bool restricts_calls(unsigned long operation, unsigned long flags, unsigned long filter)
{
	return operation == SECCOMP_SET_MODE_FILTER
		       ? filter != 0
		       : operation == SECCOMP_SET_MODE_STRICT && flags == 0;
}

extern int prctl(int option, ...);
RT_EXPORT int prctl(int option, ...)
{
	unsigned long a, b, c, d;
	bool strictly, restricting, stopped;
	va_list list;
	long result;

	va_start(list, option);
	a = va_arg(list, unsigned long);
	b = va_arg(list, unsigned long);
	c = va_arg(list, unsigned long);
	d = va_arg(list, unsigned long);
	va_end(list);
	strictly = option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT;
	restricting =
		(strictly || (option == PR_SET_SECCOMP && a == SECCOMP_MODE_FILTER && b != 0)) &&
		control_confine(true, strictly);
	stopped = identity_before_prctl(option);
	result = rt_syscall(SYS_prctl, option, (long)a, (long)b, (long)c, (long)d, 0);
	if (stopped)
		control_restart_helper();
	if (restricting && result < 0)
		control_confine(false, strictly);
	return (int)finish(result);
}

extern long syscall(long number, ...);
RT_EXPORT long syscall(long number, ...)
{
	unsigned long arguments[6];
	bool strictly, restricting, stopped;
	va_list list;
	long result;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	strictly = arguments[0] == SECCOMP_SET_MODE_STRICT;
	restricting = number == SYS_seccomp &&
		      restricts_calls(arguments[0], arguments[1], arguments[2]) &&
		      control_confine(true, strictly);
	stopped = helper_calls_before(number, arguments) || identity_before(number, arguments);
	result = rt_syscall(number, (long)arguments[0], (long)arguments[1], (long)arguments[2],
			    (long)arguments[3], (long)arguments[4], (long)arguments[5]);
	if (stopped)
		control_restart_helper();
	if (restricting && result < 0)
		control_confine(false, strictly);
	return finish(result);
}
