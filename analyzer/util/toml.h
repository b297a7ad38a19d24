/*
 * Reads the part of TOML 1.0 that a configuration file of options needs: tables one deep, bare
 * keys, strings of one line, numbers, booleans, arrays of those. Anything else is an error that
 * says so; nothing is guessed.
 */
#ifndef SILT_UTIL_TOML_H
#define SILT_UTIL_TOML_H

#include <stdbool.h>
#include <stddef.h>

struct toml_value {
	/* "" before the first */
	char *table;
	char *key;
	/* a string's contents, a number or true or false as written; of an array one of its
	 * values */
	char *text;
	/* in quotes */
	bool string;
	unsigned line;
};

struct toml {
	/* in the order of the file; an array is several of one key */
	struct toml_value *values;
	size_t count, capacity;
};

/* Parses `text`; false and `error` ("LINE: what is wrong") otherwise. To be freed in either
 * case. */
bool toml_parse(struct toml *toml, const char *text, char *error, size_t error_size);
void toml_free(struct toml *toml);

#endif
