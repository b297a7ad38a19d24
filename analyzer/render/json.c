/* Writes JSON: see json.h. */
#include "render/json.h"

#include <inttypes.h>
#include <math.h>

#include "util/utf8.h"
#include "silt_assert.h"

static void write_string(FILE *file, const char *text, bool inert)
{
	const unsigned char *p = (const unsigned char *)text;

	putc('"', file);
	while (*p) {
		unsigned length = utf8_length(p);

		if (length == 0) {
			fputs("\\ufffd", file);
			p++;
		} else if (*p == '"' || *p == '\\') {
			fprintf(file, "\\%c", *p++);
		} else if (inert && (*p == '<' || *p == '>' || *p == '&')) {
			fprintf(file, "\\u%04x", *p++);
			/* control characters have at most three bytes */
		} else if (utf8_is_control(p, length)) {
			unsigned code = length == 1   ? p[0]
					: length == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
						      : (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 |
								(p[2] & 0x3fu);

			fprintf(file, "\\u%04x", code);
			p += length;
		} else {
			fwrite(p, 1, length, file);
			p += length;
		}
	}
	putc('"', file);
}

static unsigned lines(const struct json *json)
{
	return json->lines ? json->lines : JSON_LINES;
}

/* Writes what comes before a value: a comma, a new line, the name. */
static void lead(struct json *json, const char *name)
{
	if (json->filled)
		putc(',', json->file);
	if (json->depth && json->depth <= lines(json))
		fprintf(json->file, "\n%*s", (int)json->depth, "");
	if (name) {
		write_string(json->file, name, json->inert);
		fputs(": ", json->file);
	}
	json->filled = true;
}

static void open_bracket(struct json *json, const char *name, char bracket)
{
	lead(json, name);
	putc(bracket, json->file);
	json->depth++;
	json->filled = false;
}

static void close_bracket(struct json *json, char bracket)
{
	SILT_ASSERT(json->depth > 0);
	json->depth--;
	if (json->filled && json->depth < lines(json))
		fprintf(json->file, "\n%*s", (int)json->depth, "");
	putc(bracket, json->file);
	json->filled = true;
}

void json_object(struct json *json, const char *name)
{
	open_bracket(json, name, '{');
}

void json_array(struct json *json, const char *name)
{
	open_bracket(json, name, '[');
}

void json_end_object(struct json *json)
{
	close_bracket(json, '}');
}

void json_end_array(struct json *json)
{
	close_bracket(json, ']');
}

void json_string(struct json *json, const char *name, const char *text)
{
	lead(json, name);
	if (text)
		write_string(json->file, text, json->inert);
	else
		fputs("null", json->file);
}

void json_unsigned(struct json *json, const char *name, uint64_t value)
{
	lead(json, name);
	fprintf(json->file, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *name, int64_t value)
{
	lead(json, name);
	fprintf(json->file, "%" PRId64, value);
}

void json_real(struct json *json, const char *name, double value)
{
	lead(json, name);
	if (isfinite(value))
		fprintf(json->file, "%.9g", value);
	else
		fputs("null", json->file);
}

void json_bool(struct json *json, const char *name, bool value)
{
	lead(json, name);
	fputs(value ? "true" : "false", json->file);
}

void json_rounded(struct json *json, const char *name, double value)
{
	json_unsigned(json, name, value > 0 ? (uint64_t)llround(value) : 0);
}

void json_texts(struct json *json, const char *name, char *const *texts, size_t count)
{
	json_array(json, name);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, texts[i]);
	json_end_array(json);
}

void json_finish(struct json *json)
{
	SILT_ASSERT(json->depth == 0);
	putc('\n', json->file);
}
