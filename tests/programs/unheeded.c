/*
 * Signals that the program takes no notice of (SIGCHLD of children that end, SIGWINCH), over and
 * over, while a thread reads much at once; or several read and write: `unheeded SECONDS [all]`. No
 * call may come back short: natively such a signal is thrown away when it is sent. Prints how many
 * did. Run by tests/e2e/stop.sh, with graphs.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AMOUNT (2u << 20)
#define PAUSE_NS 50000

static double end_time;
static atomic_long calls, cut;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void note(ssize_t got)
{
	calls++;
	cut += got != AMOUNT;
}

static void *read_zeros(void *buffer)
{
	int file = open("/dev/zero", O_RDONLY);

	while (now() < end_time)
		note(read(file, buffer, AMOUNT));
	return NULL;
}

static void *get_random(void *buffer)
{
	while (now() < end_time)
		note(getrandom(buffer, AMOUNT, 0));
	return NULL;
}

static void *take(void *end)
{
	char bytes[65536];

	while (read(*(int *)end, bytes, sizeof bytes) > 0)
		;
	return NULL;
}

static void *write_pipe(void *buffer)
{
	pthread_t taker;
	int ends[2];

	if (pipe(ends) < 0)
		exit(2);
	pthread_create(&taker, NULL, take, &ends[0]);
	while (now() < end_time)
		note(write(ends[1], buffer, AMOUNT));
	close(ends[1]);
	pthread_join(taker, NULL);
	return NULL;
}

static void have_child(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
}

int main(int argc, char **argv)
{
	void *(*const work[])(void *) = {read_zeros, get_random, write_pipe};
	int count = argc > 2 ? 3 : 1;
	pthread_t threads[3];

	end_time = now() + (argc > 1 ? atof(argv[1]) : 1);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, work[i], calloc(1, AMOUNT));
	while (now() < end_time) {
		kill(getpid(), SIGWINCH);
		for (int i = 0; i < 3; i++)
			have_child();
		free(malloc(100));
	}
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%ld cut short\n", (long)cut);
	return calls == 0;
}
