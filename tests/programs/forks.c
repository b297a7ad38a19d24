/*
 * fork, vfork and exec, posix_spawn, and forks while other threads allocate. Children that hang are
 * killed by the test. Prints "ok" and the number of children. Run by tests/e2e/record.sh with and
 * without silt.
 */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static _Atomic int stop;

static void *churn(void *unused)
{
	(void)unused;
	while (!stop) {
		void *blocks[16];

		for (int i = 0; i < 16; i++)
			blocks[i] = malloc((size_t)(i * 40 + 1));
		for (int i = 0; i < 16; i++)
			free(blocks[i]);
	}
	return NULL;
}

static int reap(pid_t pid, int expected)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == expected;
}

static __attribute__((noinline)) void *child_block(void)
{
	return malloc(12345);
}

static char name[] = "true";
static char *const arguments[] = {name, NULL};

static __attribute__((noinline)) pid_t vfork_and_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv("/bin/true", arguments);
		_exit(99);
	}
	return pid;
}

static __attribute__((noinline)) pid_t vfork_and_exit(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(17); /* in the parent's memory: it must write nothing */
	return pid;
}

int main(void)
{
	pthread_t threads[3];
	int good = 0, children = 0, status;
	pid_t pid;

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (int i = 0; i < 30; i++, children++) {
		pid = fork();
		if (pid == 0) {
			void *volatile block = child_block();

			for (int j = 0; j < 100; j++)
				free(malloc(64));
			(void)block;
			exit(i);
		}
		good += reap(pid, i);
	}
	for (int i = 0; i < 10; i++, children++)
		good += reap(vfork_and_exec(), 0);
	for (int i = 0; i < 5; i++, children++)
		good += reap(vfork_and_exit(), 17);
	for (int i = 0; i < 10; i++, children++) {
		if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) == 0)
			good += reap(pid, 0);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("%s %d\n", good == children && waitpid(-1, &status, WNOHANG) == -1 ? "ok" : "bad",
	       children);
	return good != children;
}
