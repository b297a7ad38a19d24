/*
 * libsilt-selftest.so: preloaded beside libsilt.so, it makes a program leak SILT_SELFTEST bytes a
 * second (default 65536), in blocks of 512 bytes on a list in `silt_selftest_kept`. For `silt soak
 * --selftest`.
 * Must not: disturb the program otherwise: its thread takes no signals and has a small stack.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define TICK_NS 50000000L

struct silt_selftest_node {
	struct silt_selftest_node *next;
	char payload[504];
};

struct silt_selftest_node *silt_selftest_kept;

static __attribute__((noinline)) void silt_selftest_leak(void)
{
	struct silt_selftest_node *node = malloc(sizeof *node);

	if (!node)
		return;
	node->next = silt_selftest_kept;
	silt_selftest_kept = node;
}

static void *leak_for_ever(void *argument)
{
	const char *rate = argument;
	double bytes_per_tick = (rate ? atof(rate) : 65536) * (double)TICK_NS / 1e9, due = 0;

	for (;;) {
		for (due += bytes_per_tick; due >= (double)sizeof(struct silt_selftest_node);
		     due -= (double)sizeof(struct silt_selftest_node))
			silt_selftest_leak();
		nanosleep(&(struct timespec){0, TICK_NS}, NULL);
	}
	return NULL;
}

static __attribute__((constructor)) void start(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, old;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 128 << 10);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pthread_create(&thread, &attributes, leak_for_ever, getenv("SILT_SELFTEST"));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
}
