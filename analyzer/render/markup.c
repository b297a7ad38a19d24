/*
 * Escapes text for HTML and XML: see markup.h.
 * Must not: let a name from a program become markup.
 */
#include "render/markup.h"

#include <stdlib.h>

#include "util/utf8.h"

void markup_text(FILE *file, const char *text)
{
	char *clean = utf8_clean(text);

	for (const char *at = clean; *at; at++) {
		switch (*at) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			putc(*at, file);
		}
	}
	free(clean);
}
