/*
 * System calls of the program that the helper interferes with: - setns() and unshare() refuse some
 * flags while two processes share a memory, and in a new user
 *   namespace the helper would keep rights that the program has lost: it ends before the call, and
 *   another starts after it;
 * - exec: a helper that ended after it would send SIGCHLD to the new program; - wait() for any
 * child with __WALL or __WCLONE (strace, debuggers) would find the helper, which is
 *   replaced by an orphan.
 * Path: cold. Threads: any; the wait functions are cancellation points and leave no frame of ours
 * (tail calls). Memory: static; execl() and its like copy their arguments to the stack, as the C
 * library does.
 * Must not: change what a call does or returns; do anything in a child of vfork().
 */
#include "control/helper_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "silt_calls.h"

/* Flags that need the only user of the memory, or that change whose rights count. */
#define ALONE (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWTIME | CLONE_NEWUSER)

static struct {
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execv)(const char *, char *const[]);
	int (*execvp)(const char *, char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
	pid_t (*waitpid)(pid_t, int *, int);
	pid_t (*wait3)(int *, int, struct rusage *);
	pid_t (*wait4)(pid_t, int *, int, struct rusage *);
	int (*waitid)(idtype_t, id_t, siginfo_t *, int);
	_Atomic bool ready;
} next;

void helper_calls_prepare(void)
{
	if (atomic_load(&next.ready))
		return;
#define LOOK_UP(name) *(void **)&next.name = libc_symbol(RTLD_NEXT, #name)
	LOOK_UP(execve);
	LOOK_UP(execv);
	LOOK_UP(execvp);
	LOOK_UP(execvpe);
	LOOK_UP(fexecve);
	LOOK_UP(execveat);
	LOOK_UP(waitpid);
	LOOK_UP(wait3);
	LOOK_UP(wait4);
	LOOK_UP(waitid);
	atomic_store(&next.ready, true);
}

/* -- by number -- */

static bool waits_for_any(long number, const unsigned long arguments[6])
{
	if (number == SYS_wait4)
		return (pid_t)arguments[0] <= 0 && arguments[2] & (__WALL | __WCLONE);
	return number == SYS_waitid && arguments[0] != P_PID && arguments[3] & (__WALL | __WCLONE);
}

static bool is_exec(long number)
{
	return number == SYS_execve || number == SYS_execveat;
}

/* setns() with type 0 accepts any namespace. */
static bool needs_alone(long number, const unsigned long arguments[6])
{
	return is_exec(number) || (number == SYS_unshare && arguments[0] & ALONE) ||
	       (number == SYS_setns && (arguments[1] == 0 || arguments[1] & ALONE));
}

bool helper_calls_before(long number, const unsigned long arguments[6])
{
	if (waits_for_any(number, arguments))
		control_orphan_helper();
	return needs_alone(number, arguments) && control_stop_helper(is_exec(number));
}

static long call_alone(long number, unsigned long a, unsigned long b)
{
	const unsigned long arguments[6] = {a, b};
	bool stopped = helper_calls_before(number, arguments);
	long result = rt_syscall(number, (long)a, (long)b, 0, 0, 0, 0);

	if (stopped)
		control_restart_helper();
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

RT_EXPORT int unshare(int flags)
{
	return (int)call_alone(SYS_unshare, (unsigned long)flags, 0);
}

RT_EXPORT int setns(int fd, int type)
{
	return (int)call_alone(SYS_setns, (unsigned long)fd, (unsigned long)type);
}

/* -- waiting -- */

static inline void before_wait(bool any, int options)
{
	helper_calls_prepare();
	if (any && options & (__WALL | __WCLONE))
		control_orphan_helper();
}

RT_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	before_wait(pid <= 0, options);
	return next.waitpid(pid, status, options);
}

RT_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	before_wait(true, options);
	return next.wait3(status, options, usage);
}

RT_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	before_wait(pid <= 0, options);
	return next.wait4(pid, status, options, usage);
}

RT_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	before_wait(type == P_ALL || type == P_PGID, options);
	return next.waitid(type, id, info, options);
}

/* -- exec -- */

/* Only reached if exec has failed. */
static int after_exec(bool stopped, int result)
{
	int saved = errno;

	if (stopped)
		control_restart_helper();
	errno = saved;
	return result;
}

static bool before_exec(void)
{
	helper_calls_prepare();
	return control_stop_helper(true);
}

RT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	bool stopped = before_exec();

	return after_exec(stopped, next.execve(path, argv, envp));
}

RT_EXPORT int execv(const char *path, char *const argv[])
{
	bool stopped = before_exec();

	return after_exec(stopped, next.execv(path, argv));
}

RT_EXPORT int execvp(const char *file, char *const argv[])
{
	bool stopped = before_exec();

	return after_exec(stopped, next.execvp(file, argv));
}

RT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	bool stopped = before_exec();

	return after_exec(stopped, next.execvpe(file, argv, envp));
}

RT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	bool stopped = before_exec();

	return after_exec(stopped, next.fexecve(fd, argv, envp));
}

/* The C library has it from 2.34 on. */
extern int execveat(int, const char *, char *const[], char *const[], int);
RT_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	bool stopped = before_exec();

	if (!next.execveat) { /* C library before 2.34 */
		errno = (int)-rt_syscall(SYS_execveat, fd, (long)path, (long)argv, (long)envp,
					 flags, 0);
		return after_exec(stopped, -1);
	}
	return after_exec(stopped, next.execveat(fd, path, argv, envp, flags));
}

static size_t count_arguments(va_list list)
{
	size_t count = 1;

	while (va_arg(list, char *))
		count++;
	return count;
}

/* Stores the arguments of execl() and its like in `argv`. With `more`, returns the one after them:
 * execle()'s environment. */
static char *const *take_arguments(char **argv, const char *first, va_list list, bool more)
{
	*argv++ = (char *)first;
	while ((*argv++ = va_arg(list, char *)))
		;
	return more ? va_arg(list, char *const *) : NULL;
}

/* Allocates argv in the caller's frame; a macro, because a function's memory would end with it.
 * `first` is not NULL (execve(2) on Linux). */
#define ROOM_FOR_ARGUMENTS(argv, first)                                                            \
	va_start(list, first);                                                                     \
	argv = __builtin_alloca((count_arguments(list) + 1) * sizeof *argv);                       \
	va_end(list);                                                                              \
	va_start(list, first)

RT_EXPORT int execl(const char *path, const char *first, ...)
{
	va_list list;
	char **argv;

	ROOM_FOR_ARGUMENTS(argv, first);
	take_arguments(argv, first, list, false);
	va_end(list);
	return execv(path, argv);
}

RT_EXPORT int execlp(const char *file, const char *first, ...)
{
	va_list list;
	char **argv;

	ROOM_FOR_ARGUMENTS(argv, first);
	take_arguments(argv, first, list, false);
	va_end(list);
	return execvp(file, argv);
}

RT_EXPORT int execle(const char *path, const char *first, ...)
{
	char *const *environment;
	va_list list;
	char **argv;

	ROOM_FOR_ARGUMENTS(argv, first);
	environment = take_arguments(argv, first, list, true);
	va_end(list);
	return execve(path, argv, environment);
}
