/*
 * Configurations read with cJSON, and changed.
 *
 * replace: a setting is detached from its object and forgotten; update: it is freed;
 * history: every configuration is kept. Libraries: libcjson
 */
#include "rounds.h"
#include <cjson/cJSON.h>

struct version {
	struct version *older;
	cJSON *settings;
};

static struct version *history;
static cJSON *settings;

static cJSON *settings_parse(unsigned long number)
{
	char text[300];

	snprintf(text, sizeof text,
		 "{\"colour\":{\"red\":%lu,\"green\":7},\"paths\":[\"/a\",\"/b/"
		 "c\"],\"name\":\"setting %lu\"}",
		 number % 256, number);
	return checked(cJSON_Parse(text));
}

static void setting_replace(unsigned long number, bool release)
{
	cJSON *fresh = settings_parse(number);
	cJSON *name = checked(cJSON_DetachItemFromObject(settings, "name"));

	cJSON_AddItemToObject(settings, "name", cJSON_DetachItemFromObject(fresh, "name"));
	cJSON_Delete(fresh);
	if (release)
		cJSON_Delete(name);
}

static size_t settings_show(void)
{
	char *text = checked(cJSON_Print(settings));
	size_t length = strlen(text);

	free(text);
	return length;
}

static void version_keep(unsigned long number)
{
	struct version *version = checked(malloc(sizeof *version));

	version->settings = settings_parse(number);
	version->older = history;
	history = version;
}

int main(int argc, char **argv)
{
	enum { REPLACE, UPDATE, HISTORY };
	int mode = rounds_begin(argc, argv, "replace update history");
	size_t length = 0;

	settings = settings_parse(0);
	while (next_round()) {
		setting_replace((unsigned long)rounds.number, mode != REPLACE);
		length += settings_show();
		if (mode == HISTORY && rounds.number % 2)
			version_keep((unsigned long)rounds.number);
	}
	printf("%zu\n", length);
	return 0;
}
