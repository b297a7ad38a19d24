/*
 * Reads the part of TOML 1.0 that a configuration file of options needs: tables one level deep,
 * bare keys, strings of one line, numbers, booleans, and arrays of these. Anything else is an error
 * with a message.
 */
#ifndef SILT_UTIL_TOML_H
#define SILT_UTIL_TOML_H

#include <stdbool.h>
#include <stddef.h>

struct toml_value {
	/* "": before the first table */
	char *table;
	char *key;
	/* a string's contents; a number, true or false as written; of an array one of its values */
	char *text;
	/* the value was in quotes */
	bool string;
	unsigned line;
};

struct toml {
	/* in the order of the file; an array becomes several values with one key */
	struct toml_value *values;
	size_t count, capacity;
};

/* Parses `text`. Returns false, with "LINE: what is wrong" in `error`, if it has an error. Call
 * toml_free() in both cases. */
bool toml_parse(struct toml *toml, const char *text, char *error, size_t error_size);
void toml_free(struct toml *toml);

#endif
