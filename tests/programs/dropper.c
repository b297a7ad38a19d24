/*
 * Started by root, gives up its rights and leaks. Run by tests/e2e/users.sh.
 *
 *   dropper self      itself
 *   dropper child     a forked child, as workers of servers do
 *   dropper grand     a child of that child
 *   dropper chroot D  a child that also changes its root directory to D
 *   dropper early     a child that closes all descriptors from 3 on before
 *   dropper late      a child that closes them after
 *   dropper bracket   takes another user for a moment first, then a child with a third one
 *   dropper exec P    a child that becomes another program
 *   dropper raw       a child, by syscall(2)
 */
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define THIRD 65533

static char *volatile kept[100000];
static pid_t child;

static void pass_on(int number)
{
	if (child > 0)
		kill(child, number);
}

static __attribute__((noinline)) void leak(void)
{
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		kept[i] = malloc(300);
		usleep(1000);
	}
}

static void must(int result, const char *what)
{
	if (result == 0)
		return;
	perror(what);
	exit(1);
}

static void drop(uid_t user)
{
	must(setgroups(0, NULL), "setgroups");
	must(setgid(NOBODY), "setgid");
	must(setuid(user), "setuid");
}

static void close_all(void)
{
	for (int fd = 3; fd < 1100; fd++)
		close(fd);
}

static void become(const char *way, char **argv)
{
	if (strcmp(way, "chroot") == 0)
		must(chroot(argv[2]) || chdir("/"), "chroot");
	if (strcmp(way, "early") == 0)
		close_all();
	if (strcmp(way, "raw") == 0)
		must((int)syscall(SYS_setuid, NOBODY), "setuid");
	else
		drop(strcmp(way, "bracket") == 0 ? THIRD : NOBODY);
	if (strcmp(way, "late") == 0)
		close_all();
	if (strcmp(way, "exec") == 0) {
		execl(argv[2], argv[2], "self", (char *)NULL);
		perror(argv[2]);
		_exit(1);
	}
}

static int fork_and_wait(void)
{
	child = fork();
	if (child == 0)
		return 0;
	signal(SIGTERM, pass_on);
	free(malloc(5000));
	waitpid(child, NULL, 0);
	return 1;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "self";

	free(malloc(100));
	if (strcmp(way, "bracket") == 0)
		must(seteuid(NOBODY) || seteuid(0), "seteuid");
	if (strcmp(way, "self") != 0 && fork_and_wait())
		return 0;
	if (geteuid() == 0)
		become(way, argv);
	if (strcmp(way, "grand") == 0 && fork_and_wait())
		return 0;
	leak();
	return 0;
}
