/*
 * Writes JSON: nesting, commas, escaping. The output is always valid UTF-8.
 * Must not: know what is written.
 */
#ifndef SILT_RENDER_JSON_H
#define SILT_RENDER_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	unsigned depth;
	/* the innermost object or array has a member */
	bool filled;
	/* escape what has a meaning in HTML, so that the document may stand in a script element */
	bool inert;
	/* values nested no deeper have a line each; 0: JSON_LINES */
	unsigned lines;
};
#define JSON_LINES 3u

/* `name`: the name of the value within an object; NULL within an array. */
void json_object(struct json *json, const char *name);
void json_array(struct json *json, const char *name);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
/* `text` NULL writes null. Bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *json, const char *name, const char *text);
void json_unsigned(struct json *json, const char *name, uint64_t value);
void json_signed(struct json *json, const char *name, int64_t value);
void json_real(struct json *json, const char *name, double value);
/* Rounds `value` to an integer; 0 if it is negative. */
void json_rounded(struct json *json, const char *name, double value);
void json_bool(struct json *json, const char *name, bool value);
/* Writes an array of texts. */
void json_texts(struct json *json, const char *name, char *const *texts, size_t count);

/* Ends the document. */
void json_finish(struct json *json);

#endif
