/*
 * Checks UTF-8, and cleans text for a terminal: see utf8.h.
 */
#include "util/utf8.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/mem.h"

static bool continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

unsigned utf8_length(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return continues(p[1]) ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		if (!continues(p[1]) || !continues(p[2]) || (p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (!continues(p[1]) || !continues(p[2]) || !continues(p[3]) ||
		    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

bool utf8_is_control(const unsigned char *p, unsigned length)
{
	if (length == 1)
		return *p < 0x20 || *p == 0x7f;
	if (length == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	return length == 3 && p[0] == 0xe2 &&
	       ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
		(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

void utf8_print(FILE *file, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		unsigned length = utf8_length(p);

		if (length && !utf8_is_control(p, length)) {
			fwrite(p, 1, length, file);
			p += length;
			continue;
		}
		for (length = length ? length : 1; length > 0; length--)
			fprintf(file, "\\x%02x", *p++);
	}
}

void utf8_complain(const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) >= 0) {
		utf8_print(stderr, line);
		free(line);
	}
	va_end(arguments);
	fputc('\n', stderr);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

char *utf8_clean(const char *text)
{
	char *buffer = NULL, *clean;
	size_t size;
	FILE *file;

	if (!text || is_plain(text))
		return mem_string(text ? text : "");
	file = open_memstream(&buffer, &size);
	if (!file)
		abort();
	utf8_print(file, text);
	fclose(file);
	clean = mem_string(buffer); /* copied, because the stream's buffer has 8 KiB */
	free(buffer);
	return clean;
}
