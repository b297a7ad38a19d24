/*
 * Memory that goes past the program's malloc, or may: `binds WAY [PLUGIN]`, a second long.
 *   deepbind, local   a plugin opened with RTLD_DEEPBIND or without keeps 50 blocks of 1000 bytes a turn, and frees what the
 *                     program has copied with strdup
 *   namespace         the same in a namespace of its own (dlmopen)
 *   handle            the program asks libc for its malloc by dlsym, once
 *   internal          __libc_malloc keeps 32 MiB from the start
 *   unfreed           __libc_free gives back 32 MiB of malloc's
 * Prints which plugin_name() the plugin sees: 1 the program's, 2 its own. Run by
 * tests/e2e/unseen.sh.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 50
#define MANY 32000

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);
__attribute__((visibility("default"))) int plugin_name(void);

static void *kept[MANY];

int plugin_name(void)
{
	return 1;
}

static void pause_turn(void)
{
	free(malloc(100)); /* lets the allocator's figures be read */
	nanosleep(&(struct timespec){0, 20000000}, NULL);
}

static int with_plugin(void *plugin)
{
	int (*sees)(void);
	void (*keep)(size_t, size_t), (*give)(void *);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	*(void **)&sees = dlsym(plugin, "plugin_sees");
	*(void **)&keep = dlsym(plugin, "plugin_keep");
	*(void **)&give = dlsym(plugin, "plugin_free");
	printf("%d\n", sees());
	for (int i = 0; i < TURNS; i++) {
		keep(50, 1000);
		for (int k = 0; k < 800; k++)
			kept[k] =
				strdup("a string that the program makes and the plugin gives back");
		for (int k = 0; k < 800; k++)
			give(kept[k]);
		pause_turn();
	}
	return 0;
}

static int in_namespace(const char *path)
{
	void *plugin = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
	void (*keep)(size_t, size_t);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	*(void **)&keep = dlsym(plugin, "plugin_keep");
	for (int i = 0; i < TURNS; i++) {
		keep(50, 1000);
		pause_turn();
	}
	return 0;
}

static void steady(void *(*allocate)(size_t), void (*give)(void *))
{
	for (int i = 0; i < MANY; i++)
		kept[i] = allocate(1000);
	for (int i = 0; give && i < MANY; i++)
		give(kept[i]);
	for (int i = 0; i < TURNS; i++)
		pause_turn();
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	void *(*allocate)(size_t);

	if (strcmp(way, "deepbind") == 0 && argc > 2)
		return with_plugin(dlopen(argv[2], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND));
	if (strcmp(way, "local") == 0 && argc > 2)
		return with_plugin(dlopen(argv[2], RTLD_NOW | RTLD_LOCAL));
	if (strcmp(way, "namespace") == 0 && argc > 2)
		return in_namespace(argv[2]);
	if (strcmp(way, "handle") == 0) {
		*(void **)&allocate = dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), "malloc");
		steady(allocate, NULL);
	} else if (strcmp(way, "internal") == 0) {
		steady(__libc_malloc, NULL);
	} else if (strcmp(way, "unfreed") == 0) {
		steady(malloc, __libc_free);
	} else {
		return 2;
	}
	return 0;
}
