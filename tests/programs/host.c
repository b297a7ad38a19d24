/*
 * Loads two plugins in turn, many times, each to the place where the other was; a block of each
 * stays. While it does, another thread allocates. Run by tests/e2e/record.sh: host A_PLUGIN
 * B_PLUGIN.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic int stop;

static void *churn(void *unused)
{
	(void)unused;
	while (!stop)
		free(malloc(100));
	return NULL;
}

static int use(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *(*allocate)(void);

	if (!plugin)
		return 0;
	*(void **)&allocate = dlsym(plugin, "plugin_allocate");
	if (allocate)
		allocate();
	dlclose(plugin);
	return allocate != NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int good = 0;

	pthread_create(&thread, NULL, churn, NULL);
	for (int i = 0; i < 500; i++)
		good += argc == 3 && use(argv[1 + i % 2]);
	stop = 1;
	pthread_join(thread, NULL);
	printf("%d\n", good);
	return good != 500;
}
