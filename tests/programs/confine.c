/*
 * Runs a program as a container would that forbids system calls: `confine NAME[:ERRNO][,NAME...]
 * PROGRAM [ARG...]`; they fail with EPERM, or as a disk quota would have it (122); ERRNO 0: they
 * kill who makes them. The names are below.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "silt_calls.h"

static const struct {
	const char *name;
	unsigned number;
} calls[] = {{"ptrace", SYS_ptrace},
	     {"pidfd_open", SYS_pidfd_open},
	     {"clone", SYS_clone},
	     {"socketpair", SYS_socketpair},
	     {"process_vm_readv", SYS_process_vm_readv},
	     {"mkdirat", SYS_mkdirat},
	     {"renameat2", SYS_renameat2},
	     {"getcwd", SYS_getcwd},
	     {"unlinkat", SYS_unlinkat},
	     {"close_range", SYS_close_range},
	     {"rt_sigprocmask", SYS_rt_sigprocmask},
	     {"ppoll", SYS_ppoll},
	     {"getpid", SYS_getpid},
	     {"getppid", SYS_getppid},
	     {"kill", SYS_kill},
	     {"wait4", SYS_wait4},
	     {"futex", SYS_futex},
	     {"nanosleep", SYS_nanosleep},
	     {"recvfrom", SYS_recvfrom},
	     {"sendto", SYS_sendto},
	     {"prctl", SYS_prctl},
	     {"timer_create", SYS_timer_create},
	     {"timer_settime", SYS_timer_settime},
	     {"rt_sigaction", SYS_rt_sigaction},
	     {"readlinkat", SYS_readlinkat}};

int main(int argc, char **argv)
{
	struct sock_filter filter[2 + 2 * sizeof calls / sizeof calls[0]];
	struct sock_fprog program = {0, filter};

	if (argc < 3)
		return 2;
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							     offsetof(struct seccomp_data, nr));
	for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
		char *colon = strchr(name, ':');
		unsigned error = colon ? (unsigned)atoi(colon + 1) : EPERM;

		if (colon)
			*colon = 0;
		for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
			if (strcmp(name, calls[i].name) != 0)
				continue;
			filter[program.len++] = (struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
			filter[program.len++] = (struct sock_filter)BPF_STMT(
				BPF_RET | BPF_K,
				error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_KILL_PROCESS);
		}
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("confine");
		return 1;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
