/* Releases threads that stop late: see stragglers.h. */
#include "attach/stragglers.h"

#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "attach/calls.h"
#include "util/mem.h"

#ifdef __x86_64__

void stragglers_add(struct stragglers *stragglers, pid_t tid)
{
	MEM_GROW(stragglers->list, stragglers->count, stragglers->capacity);
	stragglers->list[stragglers->count++] = tid;
}

bool stragglers_has(const struct stragglers *stragglers, pid_t tid)
{
	for (size_t i = 0; i < stragglers->count; i++)
		if (stragglers->list[i] == tid)
			return true;
	return false;
}

static void release(pid_t tid, int status)
{
	struct user_regs_struct registers;
	/* a signal that is being delivered is delivered */
	int number = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);

	if (!number && ptrace(PTRACE_GETREGS, tid, NULL, &registers) == 0) {
		calls_mend(&registers, 0);
		ptrace(PTRACE_SETREGS, tid, NULL, &registers);
	}
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(uintptr_t)number);
}

void stragglers_release(struct stragglers *stragglers)
{
	size_t left = 0;

	for (size_t i = 0; i < stragglers->count; i++) {
		int status;
		pid_t result = waitpid(stragglers->list[i], &status, __WALL | WNOHANG);

		if (result > 0 && WIFSTOPPED(status))
			release(stragglers->list[i], status);
		else if (result == 0)
			stragglers->list[left++] = stragglers->list[i];
	}
	stragglers->count = left;
}
#endif
