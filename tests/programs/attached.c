/*
 * Something to attach to: threads that allocate and free, modules that come and go, forked
 * children; and checks all the while that each block still has what was written to it. Usage:
 * attached PLUGIN [THREADS]. A line on standard input ends it: "whole", or what is not.
 * `leaks_after` is called ten times a second from then on that the file named `leak` is there.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 512
#define BEFORE 3000 /* blocks that are there before anybody attaches, */
#define SMALL 1000  /* small ones, */
#define LOST 40	    /* blocks that nothing points to any more, */
#define FREED 2000  /* and some that were freed: in the thread's cache, fast bins and others */

static _Atomic int ended, wrong;
static const char *plugin;
void *kept[BEFORE];
void *kept_small[SMALL];
void *leaked[100000];
static int leak_count;

__attribute__((noinline)) static void *allocated_before(size_t size)
{
	return malloc(size);
}

__attribute__((noinline)) static void make_earlier_blocks(void)
{
	static void *freed[FREED];

	for (int i = 0; i < BEFORE; i++)
		kept[i] = allocated_before(200);
	kept[0] = realloc(kept[0], 500000); /* with a mapping of its own */
	for (int i = 0; i < FREED; i++)
		freed[i] = allocated_before(24 + (size_t)i % 40 * 16);
	for (int i = 0; i < FREED; i++) {
		free(freed[i]);
		freed[i] = NULL;
	}
	for (int i = 0; i < SMALL; i++)
		kept_small[i] = allocated_before(40);
	for (int i = 0; i < LOST; i++)
		memset(allocated_before(3000), 0, 3000);
}

__attribute__((noinline)) static void leaks_after(void)
{
	leaked[leak_count++ % 100000] = malloc(1000);
}

static void fill(unsigned char *block, size_t size)
{
	memset(block, (int)(size & 255), size);
}

static void look_at(const unsigned char *block, size_t size)
{
	for (size_t i = 0; i < size; i += 16)
		if (block[i] != (size & 255))
			atomic_store(&wrong, 1);
}

static void *work(void *argument)
{
	unsigned char *blocks[BLOCKS] = {0};
	size_t sizes[BLOCKS] = {0};
	uint64_t random = 88172645463325252ull + (uintptr_t)argument;

	while (!atomic_load(&ended)) {
		size_t i, size;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		i = random % BLOCKS;
		size = random >> 20 & 2047;
		if (blocks[i])
			look_at(blocks[i], sizes[i]);
		if (random >> 60 < 4) {
			blocks[i] = realloc(blocks[i], size + 1);
		} else {
			free(blocks[i]);
			blocks[i] = random >> 60 < 8 ? calloc(1, size + 1) : malloc(size + 1);
		}
		sizes[i] = size + 1;
		fill(blocks[i], sizes[i]);
		if (random >> 52 == 0)
			usleep(1000);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return NULL;
}

static void *open_and_close(void *unused)
{
	while (!atomic_load(&ended)) {
		void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);

		if (handle)
			dlclose(handle);
		usleep(3000);
	}
	return unused;
}

static void *fork_and_wait(void *unused)
{
	while (!atomic_load(&ended)) {
		int status = 1;
		pid_t child = fork();

		if (child == 0) {
			free(malloc(100));
			_exit(7);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
			atomic_store(&wrong, 2);
		usleep(20000);
	}
	return unused;
}

static void *leak_when_told(void *unused)
{
	while (!atomic_load(&ended)) {
		if (access("leak", F_OK) == 0)
			leaks_after();
		usleep(100000);
	}
	return unused;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[2]) : 2, count = 0;
	pthread_t list[64];
	char byte;

	plugin = argc > 1 ? argv[1] : "none";
	make_earlier_blocks();
	pthread_create(&list[count++], NULL, leak_when_told, NULL);
	if (threads > 0) {
		pthread_create(&list[count++], NULL, open_and_close, NULL);
		pthread_create(&list[count++], NULL, fork_and_wait, NULL);
	}
	for (int i = 0; i < threads && count < 64; i++)
		pthread_create(&list[count++], NULL, work, (void *)(intptr_t)i);
	if (read(0, &byte, 1) != 1)
		atomic_store(&wrong, 3);
	atomic_store(&ended, 1);
	while (count > 0)
		pthread_join(list[--count], NULL);
	puts(atomic_load(&wrong) == 0	? "whole"
	     : atomic_load(&wrong) == 1 ? "a block has changed"
					: "something failed");
	return atomic_load(&wrong);
}
