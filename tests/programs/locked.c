/*
 * Locks itself up with seccomp as sshd's child does: what is not on a short list kills it. Then it
 * allocates, forks if asked to, and ends. Run by tests/e2e/triggers.sh. Modes: prctl, seccomp (by
 * syscall()), fork; probe: asks only what the kernel can do.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALLOW(call)                                                                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                     \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(write),
	ALLOW(brk),
	ALLOW(mmap),
	ALLOW(munmap),
	ALLOW(madvise),
	ALLOW(exit_group),
	ALLOW(clock_nanosleep),
#ifdef SYS_fork
	ALLOW(fork),
#endif
	ALLOW(clone),
#if __GLIBC_PREREQ(2, 41)
	ALLOW(rt_sigprocmask), /* of its fork() */
#endif
	ALLOW(wait4),
	ALLOW(set_robust_list),
	ALLOW(getpid),
	ALLOW(gettid),
	ALLOW(futex),
	ALLOW(rseq),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};
static struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

static void allocate(void)
{
	for (int i = 0; i < 20; i++) {
		free(malloc(1000 + (size_t)i * 100000));
		usleep(5000);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "prctl";
	long result;
	int status = 0;

	if (strcmp(mode, "probe") == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == 0 ||
		    errno != EFAULT ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) == 0 || errno != EINVAL)
			return 1;
		allocate();
		return 0;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	result = strcmp(mode, "seccomp") == 0
			 ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
			 : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
	if (result != 0)
		return 1;
	allocate();
	if (strcmp(mode, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			allocate();
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			return 1;
	}
	result = write(1, "well\n", 5);
	return 0;
}
