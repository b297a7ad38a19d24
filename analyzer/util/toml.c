/*
 * Reads a part of TOML 1.0: see toml.h.
 */
#include "util/toml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct toml_reader {
	struct toml *toml;
	const char *at;
	unsigned line;
	char *table;
	char *error;
	size_t error_size;
};

static bool wrong(struct toml_reader *r, const char *what)
{
	snprintf(r->error, r->error_size, "%u: %s", r->line, what);
	return false;
}

static void skip_blanks(struct toml_reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

/* Skips blanks and comments, and with `lines` ends of lines. */
static void skip(struct toml_reader *r, bool lines)
{
	for (;;) {
		skip_blanks(r);
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		if (r->at[0] == '\r' && r->at[1] == '\n')
			r->at++;
		if (*r->at != '\n' || !lines)
			return;
		r->at++;
		r->line++;
	}
}

static char *read_bare(struct toml_reader *r)
{
	const char *start = r->at;

	while (isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '-')
		r->at++;
	return r->at > start ? mem_substring(start, (size_t)(r->at - start)) : NULL;
}

static void add(struct toml_reader *r, const char *key, char *text, bool string)
{
	MEM_GROW(r->toml->values, r->toml->count, r->toml->capacity);
	r->toml->values[r->toml->count++] =
		(struct toml_value){mem_string(r->table), mem_string(key), text, string, r->line};
}

static bool read_string(struct toml_reader *r, const char *key)
{
	char quote = *r->at++, *text, *to;

	if (r->at[0] == quote && r->at[1] == quote)
		return wrong(r, "strings of several lines are not supported here");
	text = to = mem_alloc(strcspn(r->at, "\n") + 1);
	for (; *r->at && *r->at != '\n' && *r->at != quote; r->at++) {
		static const char names[] = "\"\\nt", meant[] = "\"\\\n\t";
		const char *name;

		*to = *r->at;
		if (*r->at == '\\' && quote == '"') {
			name = r->at[1] ? strchr(names, r->at[1]) : NULL;
			if (!name) {
				free(text);
				return wrong(r, "of escapes only \\\", \\\\, \\n and \\t are "
						"supported; 'single quotes' need none");
			}
			*to = meant[name - names];
			r->at++;
		}
		to++;
	}
	*to = 0;
	if (*r->at != quote) {
		free(text);
		return wrong(r, "the string has no end on this line");
	}
	r->at++;
	add(r, key, text, true);
	return true;
}

static bool read_scalar(struct toml_reader *r, const char *key)
{
	size_t length = strspn(r->at, "+-0123456789._eE"), digits = strcspn(r->at, "0123456789");
	char *end;

	if (*r->at == '"' || *r->at == '\'')
		return read_string(r, key);
	if (strncmp(r->at, "true", 4) == 0 || strncmp(r->at, "false", 5) == 0)
		length = *r->at == 't' ? 4 : 5;
	else if (!length || digits >= length || (strtod(r->at, &end), end != r->at + length))
		return wrong(r, "expected a value: a \"string\", a number, true, false, or an "
				"[array] of those");
	if (isalnum((unsigned char)r->at[length]) || r->at[length] == '_')
		return wrong(r, "a value with letters in it needs \"quotes\"");
	add(r, key, mem_substring(r->at, length), false);
	r->at += length;
	return true;
}

static bool read_value(struct toml_reader *r, const char *key)
{
	if (*r->at != '[')
		return read_scalar(r, key);
	r->at++;
	for (skip(r, true); *r->at != ']'; skip(r, true)) {
		if (!read_scalar(r, key))
			return false;
		skip(r, true);
		if (*r->at == ',')
			r->at++;
		else if (*r->at != ']')
			return wrong(r, "expected , or ] in the array");
	}
	r->at++;
	return true;
}

static bool seen(const struct toml_reader *r, const char *key)
{
	for (size_t i = 0; i < r->toml->count; i++)
		if (strcmp(r->toml->values[i].table, r->table) == 0 &&
		    strcmp(r->toml->values[i].key, key) == 0)
			return true;
	return false;
}

static bool read_pair(struct toml_reader *r)
{
	char *key = read_bare(r);
	bool good;

	if (!key)
		return wrong(r, "expected KEY = VALUE or [TABLE]");
	skip_blanks(r);
	if (*r->at != '=') {
		free(key);
		return wrong(r, "expected = after the key");
	}
	r->at++;
	skip_blanks(r);
	good = seen(r, key) ? wrong(r, "duplicate key; an array gives several values")
			    : read_value(r, key);
	free(key);
	return good;
}

static bool read_table(struct toml_reader *r)
{
	char *name;

	r->at++;
	skip_blanks(r);
	name = read_bare(r);
	skip_blanks(r);
	if (!name || *r->at != ']') {
		free(name);
		return wrong(r, "expected the name of a table, as in [check]");
	}
	r->at++;
	free(r->table);
	r->table = name;
	return true;
}

bool toml_parse(struct toml *toml, const char *text, char *error, size_t error_size)
{
	struct toml_reader r = {toml, text, 1, mem_string(""), error, error_size};
	bool good = true;

	*toml = (struct toml){0};
	for (skip(&r, true); good && *r.at; skip(&r, true)) {
		good = *r.at == '[' ? read_table(&r) : read_pair(&r);
		if (!good)
			break;
		skip(&r, false);
		if (*r.at && *r.at != '\n')
			good = wrong(&r, "expected the end of the line");
	}
	free(r.table);
	return good;
}

void toml_free(struct toml *toml)
{
	for (size_t i = 0; i < toml->count; i++) {
		free(toml->values[i].table);
		free(toml->values[i].key);
		free(toml->values[i].text);
	}
	free(toml->values);
	*toml = (struct toml){0};
}
