/*
 * Ends in the way its argument names, with one live block of 1000 bytes; if there is another
 * argument, when a line comes on standard input. Run by tests/e2e/record.sh and attach.sh.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *kept;

static void *exit_from_here(void *unused)
{
	(void)unused;
	exit(9);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	char run[4096];

	kept = malloc(1000);
	if (strcmp(way, "return") == 0)
		return 3;
	if (strcmp(way, "after") ==
	    0) { /* returns when the run ARGUMENT.PID is gone, or after 20 s */
		snprintf(run, sizeof run, "%s.%d", argc > 2 ? argv[2] : "", getpid());
		for (int i = 0; i < 2000 && access(run, F_OK) == 0; i++)
			usleep(10000);
		return 3;
	}
	if (argc > 2)
		getchar();
	if (strcmp(way, "exit") == 0)
		exit(4);
	if (strcmp(way, "_exit") == 0)
		_exit(5);
	if (strcmp(way, "_Exit") == 0)
		_Exit(6);
	if (strcmp(way, "quick_exit") == 0)
		quick_exit(7);
	if (strcmp(way, "abort") == 0)
		abort();
	if (strcmp(way, "assert") == 0)
		assert(!kept);
	if (strcmp(way, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(way, "term") == 0)
		raise(SIGTERM);
	if (strcmp(way, "segv") == 0)
		raise(SIGSEGV);
	if (strcmp(way, "thread") == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, exit_from_here, NULL);
		pause();
	}
	if (strcmp(way, "main_thread_first") == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, exit_from_here, NULL);
		pthread_exit(NULL);
	}
	return 1;
}
