/*
 * Is what a command printed safe where it goes: see check_output.h.
 */
#include "check_output.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/utf8.h"

static const char *check_text(const char *text, size_t size, size_t *at)
{
	for (*at = 0; *at < size;) {
		const unsigned char *p = (const unsigned char *)text + *at;
		unsigned length = utf8_length(p);

		if (length == 0)
			return "not UTF-8";
		if ((*p < ' ' && *p != '\n' && *p != '\t') || *p == 0x7f ||
		    (*p == 0xc2 && p[1] < 0xa0))
			return "a control character";
		if (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
			return "a separator, or text turned round";
		*at += length;
	}
	return NULL;
}

/* -- JSON -- */

struct reader {
	const char *p, *end;
};

static void blanks(struct reader *r)
{
	while (r->p < r->end && strchr(" \n\t\r", *r->p) && *r->p)
		r->p++;
}

static bool string(struct reader *r)
{
	if (r->p == r->end || *r->p++ != '"')
		return false;
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < ' ')
			return false;
		if (*r->p == '\\') {
			if (++r->p == r->end || !*r->p || !strchr("\"\\/bfnrtu", *r->p))
				return false;
			for (int i = 0; *r->p == 'u' && i < 4; i++)
				if (r->end - r->p <= i + 1 || !isxdigit((unsigned char)r->p[i + 1]))
					return false;
		}
		r->p++;
	}
	return r->p < r->end && *r->p++ == '"';
}

static bool value(struct reader *r, int depth);

static bool members(struct reader *r, int depth, char close)
{
	blanks(r);
	if (r->p < r->end && *r->p == close)
		return r->p++;
	for (;;) {
		blanks(r);
		if (close == '}') {
			if (!string(r))
				return false;
			blanks(r);
			if (r->p == r->end || *r->p++ != ':')
				return false;
		}
		if (!value(r, depth + 1))
			return false;
		blanks(r);
		if (r->p == r->end)
			return false;
		if (*r->p == close)
			return r->p++;
		if (*r->p++ != ',')
			return false;
	}
}

static bool word(struct reader *r, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(r->end - r->p) < length || strncmp(r->p, text, length) != 0)
		return false;
	r->p += length;
	return true;
}

static bool number(struct reader *r)
{
	const char *start = r->p;

	if (r->p < r->end && *r->p == '-')
		r->p++;
	if (r->p == r->end || !isdigit((unsigned char)*r->p))
		return false;
	while (r->p < r->end && *r->p && strchr("0123456789.eE+-", *r->p))
		r->p++;
	return r->p > start;
}

static bool value(struct reader *r, int depth)
{
	blanks(r);
	if (depth > 100 || r->p == r->end)
		return false;
	switch (*r->p) {
	case '{':
		r->p++;
		return members(r, depth, '}');
	case '[':
		r->p++;
		return members(r, depth, ']');
	case '"':
		return string(r);
	case 't':
		return word(r, "true");
	case 'f':
		return word(r, "false");
	case 'n':
		return word(r, "null");
	default:
		return number(r);
	}
}

static const char *check_json(const char *text, size_t size, size_t *at)
{
	struct reader r = {text, text + size};
	bool good = value(&r, 0);

	blanks(&r);
	*at = (size_t)(r.p - text);
	return good && r.p == r.end ? NULL : "not JSON";
}

/* -- XML and HTML -- */

static bool entity(const char *p)
{
	size_t name = strspn(p, "#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return name > 0 && name < 12 && p[name] == ';';
}

static const char elements[] = " p code span button option div td th li label h1 h2 h3 a section "
			       "string meta input ul tr summary "
			       "details strong select script title table svg style pre output ol "
			       "noscript nav main html header head "
			       "body article polyline polygon line rect text path g circle footer "
			       "em small tbody thead caption "
			       "colgroup col dl dt dd br hr figure figcaption ";

static bool is_element(const char *name, size_t length)
{
	char wanted[40];

	if (length == 0 || length > 30)
		return false;
	wanted[0] = ' ';
	memcpy(wanted + 1, name, length);
	memcpy(wanted + 1 + length, " ", 2);
	return strstr(elements, wanted);
}

/* Over a tag, from behind its name to behind its ">"; NULL: something is wrong with it. */
static const char *attributes(const char *p, bool html)
{
	for (;;) {
		size_t blank = strspn(p, " \n\t"), name;

		p += blank;
		if (*p == '>' || ((*p == '/' || *p == '?') && p[1] == '>'))
			return p + (*p == '>' ? 1 : 2);
		name = strcspn(p, " =>\"'<&\n\t/");
		if (!name || !blank || (html && strncmp(p, "on", 2) == 0))
			return NULL;
		p += name;
		if (*p == '=') {
			if (*++p != '"')
				return NULL;
			for (p++; *p != '"'; p++)
				if (!*p || *p == '<' || (*p == '&' && !entity(p + 1)))
					return NULL;
			p++;
		} else if (!html) {
			return NULL;
		}
	}
}

/* `raw`: the element's contents are not markup (script, style); they end at its end tag. */
static const char *check_markup(const char *text, bool html, size_t *at)
{
	const char *p = text, *open[200], *what = NULL;
	size_t depth = 0;

	while (*p && !what) {
		size_t name;
		bool end;

		*at = (size_t)(p - text);
		if (*p == '&' && !entity(p + 1)) {
			what = "a bare &";
			break;
		}
		if (*p != '<') {
			p++;
			continue;
		}
		if (html ? strncmp(p, "<!doctype html>", 15) == 0 ||
				    strncmp(p, "<!DOCTYPE html>", 15) == 0
			 : p == text && strncmp(p, "<?xml ", 6) == 0) {
			p += strcspn(p, ">");
			continue;
		}
		end = p[1] == '/';
		p += 1 + end;
		name = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");
		if (name == 0 || (html && !is_element(p, name))) {
			what = "an element that is not ours";
		} else if (end) {
			/* HTML lets some be closed by others; XML does not. */
			if (!html && (depth == 0 || strncmp(open[--depth], p, name) != 0))
				what = "an end tag of another element";
			p += name;
			if (*p++ != '>')
				what = "an end tag that does not end";
		} else {
			const char *tag = p;

			p = attributes(p + name, html);
			if (!p) {
				what = "a bad attribute";
			} else if (!html && p[-2] != '/') {
				if (depth == 200)
					what = "too deep";
				else
					open[depth++] = tag;
			} else if (html &&
				   (strncmp(tag, "script", name) == 0 ||
				    strncmp(tag, "style", name) == 0) &&
				   name > 4) {
				p = strstr(p, name == 6 ? "</script>" : "</style>");
				if (!p)
					what = "a script that does not end";
			}
		}
	}
	if (!what && depth > 0)
		what = "an element that does not end";
	return what;
}

static const char *check_lines(const char *text, size_t *at)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		*at = (size_t)(line - text);
		if (strncmp(line, "::error ", 8) && strncmp(line, "::notice ", 9) &&
		    strncmp(line, "::warning ", 10) && strncmp(line, "ok ", 3) &&
		    strncmp(line, "not ok ", 7) && strncmp(line, "TAP version 13\n", 15) &&
		    strncmp(line, "1..", 3))
			return "a line of its own";
	}
	return NULL;
}

const char *check_output(enum output_kind kind, const char *text, size_t size, size_t *at)
{
	const char *what = strlen(text) == size ? check_text(text, size, at) : "a NUL byte";

	if (what || kind == OUTPUT_TEXT)
		return what;
	if (kind == OUTPUT_JSON)
		return check_json(text, size, at);
	if (kind == OUTPUT_LINES)
		return check_lines(text, at);
	return check_markup(text, kind == OUTPUT_HTML, at);
}
