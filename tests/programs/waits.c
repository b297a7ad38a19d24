/*
 * Waits for its children: as strace does, with __WALL, until there is none left; or with another
 * argument
 *   ignored  SIGCHLD is ignored: wait() returns when the last child has ended, and has nothing to tell
 *   clone    for children without a signal at their end, of which there are none
 * Run by tests/e2e/helper.sh and triggers.sh. Prints what it found.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3

static pid_t children[CHILDREN];

static void start_children(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			free(malloc(100));
			usleep(100000); /* long enough for a helper of its own */
			free(malloc(100));
			usleep(50000);
			_exit(0);
		}
	}
}

static int wait_ignored(void)
{
	int living = 0;
	pid_t found;

	signal(SIGCHLD, SIG_IGN);
	start_children();
	found = wait(NULL);
	printf("%d %s", found < 0 ? -1 : 0, strerror(errno));
	for (int i = 0; i < CHILDREN; i++)
		living += kill(children[i], 0) == 0;
	found = waitid(P_ALL, 0, NULL, WEXITED);
	printf(", %d living, %d %s\n", living, found, strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	int found = 0;

	free(malloc(100));
	if (strcmp(way, "ignored") == 0)
		return wait_ignored();
	start_children();
	while (waitpid(-1, NULL, strcmp(way, "clone") == 0 ? __WCLONE : __WALL) > 0)
		found++;
	printf("%d children, then %s\n", found, errno == ECHILD ? "none" : strerror(errno));
	return 0;
}
