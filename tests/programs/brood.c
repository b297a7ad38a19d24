/*
 * Forks children one after the other that allocate and end at once: `brood N [exit|_exit|deep]`;
 * deep: each is the child of the one before. Prints how many ended well. Run by
 * tests/e2e/directories.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7;
}

static void work(void)
{
	free(malloc(100));
	if (!malloc(1000))
		_exit(1);
}

/* Who forks goes at once; all hold the pipe's end. */
static int deep(int count)
{
	int ends[2];
	char byte;

	if (pipe(ends) != 0)
		return 0;
	if (fork() == 0) {
		close(ends[0]);
		for (; count > 1 && fork() == 0; count--)
			work();
		exit(7);
	}
	close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		;
	return 1;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0, good = 0;
	const char *way = argc > 2 ? argv[2] : "exit";

	work();
	if (strcmp(way, "deep") == 0) {
		printf("%d\n", deep(count));
		return 0;
	}
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid != 0) {
			good += wait_for(pid);
			continue;
		}
		work();
		if (strcmp(way, "_exit") == 0)
			_exit(7);
		exit(7);
	}
	printf("%d\n", good);
	return 0;
}
