/*
 * Goes where programs go: the argument says where. Each keeps a block of 1000 bytes in kept_there()
 * when it has arrived.
 *   chdir DIR          another working directory
 *   chroot DIR         another root, and from there another user (needs to be root)
 *   drop               another user and group, capabilities gone
 *   daemon FILE        forks twice, setsid(), closes all descriptors; the daemon writes FILE at its end
 *   close DIR          closes all descriptors (close_range) and opens files under their numbers; contents are checked at the end
 *   exec N             executes itself N times over
 *   limits             no descriptors, no file may grow, a stack of 64 KiB: set by itself, then threads and blocks
 *   namespace          in a time namespace of its own the monotonic clock jumps back by five seconds (needs to be root)
 * Run by tests/e2e/torture.sh.
 */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "silt_calls.h"

static void *volatile kept;

static __attribute__((noinline)) void work(void)
{
	for (int i = 0; i < 2000; i++)
		free(malloc((size_t)i));
}

static __attribute__((noinline)) void kept_there(void)
{
	kept = malloc(1000);
	work();
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int drop(void)
{
	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return fail("drop");
	kept_there();
	return 0;
}

static int daemonize(const char *file)
{
	FILE *out;

	if (fork() > 0)
		_exit(0);
	setsid();
	if (fork() > 0)
		_exit(0);
	if (chdir("/") < 0)
		return 1;
	umask(0);
	syscall(SYS_close_range, 0, ~0u, 0);
	open("/dev/null", O_RDWR);
	if (dup(0) != 1 || dup(0) != 2)
		return 1;
	usleep(50000); /* longer than a child that only executes something */
	kept_there();
	out = fopen(file, "w");
	fprintf(out, "%d\n", (int)getpid());
	fclose(out);
	exit(0);
}

#define FILES 1000

static int close_all(const char *directory)
{
	char path[4096], text[32], got[32];

	syscall(SYS_close_range, 3, ~0u, 0);
	for (int fd = 3; fd < FILES; fd++) {
		snprintf(path, sizeof path, "%s/%d", directory, fd);
		if (open(path, O_RDWR | O_CREAT | O_EXCL, 0600) != fd)
			return fail(path);
		snprintf(text, sizeof text, "file %d", fd);
		if (write(fd, text, sizeof text) != sizeof text)
			return fail("write");
	}
	kept_there();
	usleep(100000);
	for (int fd = 3; fd < FILES; fd++) {
		struct stat status;

		snprintf(text, sizeof text, "file %d", fd);
		if (fstat(fd, &status) < 0 || status.st_size != sizeof text ||
		    lseek(fd, 0, SEEK_CUR) != sizeof text ||
		    pread(fd, got, sizeof got, 0) != sizeof got || strcmp(text, got) != 0) {
			printf("descriptor %d is not what it was\n", fd);
			return 1;
		}
	}
	return 0;
}

static int execute(int times)
{
	char number[16], self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	kept_there();
	if (times == 0 || length < 0)
		return 7;
	self[length] = 0;
	snprintf(number, sizeof number, "%d", times - 1);
	execl(self, self, "exec", number, NULL);
	return fail("execl");
}

static void *thread_main(void *unused)
{
	kept_there();
	return unused;
}

static int limits(void)
{
	pthread_t thread;

	kept_there();
	setrlimit(RLIMIT_STACK, &(struct rlimit){64 << 10, 64 << 10});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0});
	for (int i = 0; i < 20; i++)
		if (pthread_create(&thread, NULL, thread_main, NULL) == 0)
			pthread_join(thread, NULL);
	return 0;
}

static int time_namespace(void)
{
	int fd, status;
	pid_t pid;

	if (unshare(CLONE_NEWTIME) < 0)
		return 77;
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, "monotonic -5 0\n", 15) != 15)
		return 77;
	close(fd);
	pid = fork(); /* the child is in it */
	if (pid == 0) {
		kept_there();
		exit(0);
	}
	kept_there();
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "/";

	if (strcmp(where, "chdir") == 0) {
		if (chdir(argument) < 0)
			return fail(argument);
		kept_there();
		return 0;
	}
	if (strcmp(where, "chroot") == 0) {
		if (chroot(argument) < 0 || chdir("/") < 0)
			return fail(argument);
		return drop();
	}
	if (strcmp(where, "drop") == 0)
		return drop();
	if (strcmp(where, "daemon") == 0)
		return daemonize(argument);
	if (strcmp(where, "close") == 0)
		return close_all(argument);
	if (strcmp(where, "exec") == 0)
		return execute(atoi(argument));
	if (strcmp(where, "limits") == 0)
		return limits();
	if (strcmp(where, "namespace") == 0)
		return time_namespace();
	return 2;
}
