/*
 * Prints the kinds of finding in words: see explain_view.h.
 */
#include "render/explain_view.h"

#include <stdio.h>
#include <string.h>

static void print_part(const char *title, const char *text)
{
	size_t column;

	if (strcmp(text, "-") == 0)
		return;
	printf("\n%s\n  ", title);
	column = 2;
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column + word > 100) {
			fputs("\n  ", stdout);
			column = 2;
		}
		printf("%.*s%s", (int)word, text, text[word] ? " " : "");
		column += word + 1;
		text += word + (text[word] == ' ');
	}
	putchar('\n');
}

void explain_view_print(enum finding_kind kind)
{
	const struct finding_kind_text *text = finding_kind_text(kind);

	printf("%s: %s\n", text->name, text->what);
	print_part("In memory", text->looks);
	print_part("How silt recognizes it", text->recognized);
	print_part("What it can be mistaken for", text->mistaken);
	print_part("How to fix it", text->repair);
	print_part("Samples", text->samples);
}

void explain_view_list(void)
{
	for (int kind = 0; kind < FINDING_KINDS; kind++)
		printf("%-14s %s\n", finding_kind_name((enum finding_kind)kind),
		       finding_kind_text((enum finding_kind)kind)->what);
}
