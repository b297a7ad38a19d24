/*
 * A plugin that allocates is loaded and unloaded, over and over, while other threads allocate from
 * deep and changing stacks, threads begin and end, and children are forked that allocate, too.
 * `churn PLUGIN [ROUNDS]`: prints "ok CHILDREN". Run by tests/e2e/torture.sh.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int stop, loads;
static const char *plugin_path;
static int rounds = 1000;

static __attribute__((noinline)) void *descend(int levels, unsigned path)
{
	void *block;

	if (levels == 0)
		return malloc(40 + path % 8);
	block = path & 1 ? descend(levels - 1, path >> 1) : descend(levels - 1, path >> 1);
	__asm__ volatile("");
	return block;
}

static void *load(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		void *plugin = dlopen(plugin_path, RTLD_NOW);
		void *(*allocate)(int) =
			plugin ? (void *(*)(int))dlsym(plugin, "plugin_allocate") : NULL;

		if (!allocate) {
			puts("cannot load");
			exit(1);
		}
		for (int depth = 0; depth < 5; depth++)
			free(allocate(depth));
		dlclose(plugin);
		loads++;
	}
	stop = 1;
	return unused;
}

static void *unwind(void *seed)
{
	unsigned path = (unsigned)(size_t)seed;

	while (!stop) {
		free(descend((int)(path >> 8) % 25, path));
		path = path * 1664525 + 1013904223;
	}
	return NULL;
}

static void *briefly(void *seed)
{
	free(descend(5, (unsigned)(size_t)seed));
	return NULL;
}

static int fork_child(int number)
{
	pid_t pid = fork();
	int status;

	/* Call stacks it has not seen: what another thread was learning must not be in the way. */
	if (pid == 0) {
		for (int i = 0; i < 50; i++)
			free(descend(20, (unsigned)(number * 50 + i) * 2654435761u));
		_exit(number % 100);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == number % 100;
}

int main(int argc, char **argv)
{
	pthread_t loader, unwinders[2], brief;
	int children = 0, good = 0;

	plugin_path = argc > 1 ? argv[1] : "";
	if (argc > 2)
		rounds = atoi(argv[2]);
	pthread_create(&loader, NULL, load, NULL);
	for (size_t i = 0; i < 2; i++)
		pthread_create(&unwinders[i], NULL, unwind, (void *)(i * 77777));
	do { /* at least once, though the loader be done first */
		good += fork_child(children++);
		for (size_t i = 0; i < 10; i++)
			if (pthread_create(&brief, NULL, briefly, (void *)i) == 0)
				pthread_join(brief, NULL);
	} while (!stop);
	pthread_join(loader, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(unwinders[i], NULL);
	printf("%s\n", good == children && loads == rounds ? "ok" : "bad");
	return good != children;
}
