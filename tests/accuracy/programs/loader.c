/*
 * Loads a filter, uses it, and unloads it, again and again (loader_plugin.c).
 *
 * reload: the filter's tables are not freed when it is unloaded; orderly: they are; resident: the
 * filter stays loaded and remembers all that it has seen; brief: it stays loaded and remembers the
 * last few.
 */
#include "rounds.h"
#include <dlfcn.h>
#include <libgen.h>

static void *filter_load(const char *self)
{
	char path[4096];
	void *filter;

	snprintf(path, sizeof path, "%s_plugin.so", self);
	filter = dlopen(path, RTLD_NOW);
	if (!filter) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return filter;
}

static void call(void *filter, const char *name, unsigned long number)
{
	void (*function)(unsigned long);

	*(void **)&function = dlsym(filter, name);
	if (!function)
		exit(1);
	function(number);
}

int main(int argc, char **argv)
{
	enum { RELOAD, ORDERLY, RESIDENT, BRIEF };
	int mode = rounds_begin(argc, argv, "reload orderly resident brief");
	void *filter = mode == RESIDENT || mode == BRIEF ? filter_load(argv[0]) : NULL;

	while (next_round()) {
		if (filter) {
			for (unsigned long i = 0; i < 4; i++)
				call(filter, "filter_see", (unsigned long)rounds.number * 4 + i);
			if (mode == BRIEF)
				call(filter, "filter_forget", 300);
		} else if (rounds.number % 4 == 0) {
			void *fresh = filter_load(argv[0]);

			call(fresh, "filter_tables", 24);
			if (mode == ORDERLY)
				call(fresh, "filter_end", 0);
			dlclose(fresh);
		}
	}
	return 0;
}
