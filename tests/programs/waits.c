/*
 * Waits as strace does: with __WALL, until there is no child left. Run by tests/e2e/triggers.sh.
 * Prints how many children it found.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int found = 0;

	free(malloc(100));
	for (int i = 0; i < 3; i++) {
		if (fork() == 0) {
			free(malloc(100));
			usleep(100000); /* long enough for a helper of its own */
			free(malloc(100));
			usleep(50000);
			_exit(0);
		}
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		found++;
	printf("%d children, then %s\n", found, errno == ECHILD ? "none" : strerror(errno));
	return 0;
}
