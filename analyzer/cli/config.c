/*
 * Reads the configuration file: see config.h.
 * Must not: know an option by name, except those that are paths.
 */
#include "cli/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/suggest.h"
#include "util/utf8.h"

#define NAME ".silt.toml"

static char *find_upwards(void)
{
	char directory[PATH_MAX], *path, *slash;

	if (!getcwd(directory, sizeof directory))
		return NULL;
	for (;;) {
		path = mem_format("%s/" NAME, directory);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
		slash = strrchr(directory, '/');
		if (!slash || !directory[0])
			return NULL;
		*slash = 0;
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size;
	FILE *memory = file ? open_memstream(&text, &size) : NULL;
	char buffer[4096];
	size_t length;

	if (!memory) {
		if (file)
			fclose(file);
		return NULL;
	}
	while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
		fwrite(buffer, 1, length, memory);
	if (ferror(file)) {
		fclose(memory);
		free(text);
		text = NULL;
	} else {
		fclose(memory);
	}
	fclose(file);
	return text;
}

bool config_read(struct config *config, const char *command, const char *given)
{
	char error[200], *text;
	bool good;

	*config = (struct config){.path = given ? mem_string(given) : find_upwards()};
	if (!config->path)
		return true;
	text = read_file(config->path);
	if (!text) {
		utf8_complain("silt %s: %s: %s", command, config->path, strerror(errno));
		return false;
	}
	good = toml_parse(&config->toml, text, error, sizeof error);
	free(text);
	if (!good)
		utf8_complain("silt %s: %s:%s", command, config->path, error);
	return good;
}

static bool is_path(const char *key)
{
	return strcmp(key, "suppressions") == 0 || strcmp(key, "baseline") == 0;
}

/* Returns the value as the command line would have it; the configuration owns it. */
static const char *value_of(struct config *config, const struct toml_value *value, bool path)
{
	const char *slash = strrchr(config->path, '/');
	char *text = path && slash && value->text[0] != '/'
			     ? mem_format("%.*s/%s", (int)(slash - config->path), config->path,
					  value->text)
			     : mem_string(value->text);

	MEM_GROW(config->values, config->value_count, config->value_capacity);
	return config->values[config->value_count++] = text;
}

static int complain(const struct config *config, const char *command,
		    const struct toml_value *value, const char *what)
{
	utf8_complain("silt %s: %s:%u: %s: %s", command, config->path, value->line, value->key,
		      what);
	return 2;
}

static int no_option(const struct config *config, const char *command,
		     const struct toml_value *value, const struct option *options)
{
	const struct option *option = options;
	char *what;
	int status;

	while (option->name && !suggest_near(value->key, option->name))
		option++;
	what = option->name
		       ? mem_format("no such option; did you mean %s?", option->name)
		       : mem_format(
				 "no such option; silt %s --help lists them, here without the --",
				 value->table);
	status = complain(config, command, value, what);
	free(what);
	return status;
}

int config_apply(struct config *config, const char *command, const char *table,
		 const struct option *options,
		 int (*take)(void *argument, int option, const char *value), void *argument)
{
	int status = -1;

	for (size_t i = 0; i < config->toml.count && status < 0; i++) {
		const struct toml_value *value = &config->toml.values[i];
		const struct option *option = options;
		bool is_boolean = !value->string && (strcmp(value->text, "true") == 0 ||
						     strcmp(value->text, "false") == 0);

		if (strcmp(value->table, "check") != 0 && strcmp(value->table, "soak") != 0)
			return complain(
				config, command, value,
				value->table[0]
					? "in an unknown table; expected [check] or [soak] above it"
					: "in no table; write [check] or [soak] above it");
		if (strcmp(value->table, table) != 0)
			continue;
		while (option->name && strcmp(option->name, value->key) != 0)
			option++;
		if (!option->name || option->val == 'h')
			return no_option(config, command, value, options);
		if (option->has_arg == no_argument && !is_boolean)
			return complain(config, command, value, "expected true or false");
		if (option->has_arg != required_argument && strcmp(value->text, "false") == 0)
			continue;
		status = take(argument, option->val,
			      option->has_arg != required_argument && is_boolean
				      ? NULL
				      : value_of(config, value, is_path(value->key)));
		if (status >= 0)
			utf8_complain("silt %s: that stands in %s:%u", command, config->path,
				      value->line);
	}
	return status;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->value_count; i++)
		free(config->values[i]);
	free(config->values);
	toml_free(&config->toml);
	free(config->path);
}

const char *config_given(int argc, char **argv, const char *short_options,
			 const struct option *options)
{
	const char *given = NULL;
	int option;

	opterr = 0; /* errors are reported when the options are read again */
	while ((option = getopt_long(argc, argv, short_options, options, NULL)) != -1)
		if (option == CONFIG_OPTION)
			given = optarg;
	opterr = 1;
	optind = 0; /* makes getopt start again (getopt(3), "Notes") */
	return given;
}
