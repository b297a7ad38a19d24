/*
 * Observers that nobody removes, in a table of a library: observers PLUGIN object|topic ROUNDS.
 * Of one object, each with a context of its own; or of one topic, all with one context.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct station {
	char name[40];
	long signals;
};
struct train {
	long number;
	char route[72];
};

struct station *station;
struct train *only_train;

static void stop(void *context)
{
	struct train *train = context;

	train->number++;
}

static void *symbol(void *plugin, const char *name)
{
	void *found = dlsym(plugin, name);

	if (!found)
		fprintf(stderr, "%s\n", dlerror());
	return found;
}

int main(int argc, char **argv)
{
	void *plugin = argc > 3 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void (*observe)(void *, void (*)(void *), void *);
	void (*observe_topic)(const char *, void (*)(void *), void *);

	if (!plugin)
		return 2;
	*(void **)&observe = symbol(plugin, "observe");
	*(void **)&observe_topic = symbol(plugin, "observe_topic");
	if (!observe || !observe_topic)
		return 2;
	station = calloc(1, sizeof *station);
	only_train = calloc(1, sizeof *only_train);
	for (int i = 0; i < atoi(argv[3]); i++) {
		if (strcmp(argv[2], "object") == 0)
			observe(station, stop, calloc(1, sizeof(struct train)));
		else
			observe_topic("departures", stop, only_train);
		usleep(1000);
	}
	return 0;
}
