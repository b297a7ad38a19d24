/*
 * Prints a finding's account as lines of text: see account_text.h.
 */
#include "render/account_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/words.h"

#define TEXT_SITES 4
#define TEXT_FACTS 8

#define COLUMNS 100
#define MORE_INDENT "    "

void account_wrap(FILE *file, size_t used, const char *indent, const char *text)
{
	bool wraps = isatty(fileno(file));
	size_t column = used;

	while (*text) {
		size_t spaces = strspn(text, " "), bytes = spaces + strcspn(text + spaces, " "),
		       width = 0;

		for (size_t i = 0; i < bytes; i++)
			/* counts characters of UTF-8 */
			width += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (wraps && spaces && column + width > COLUMNS) {
			fprintf(file, "\n%s" MORE_INDENT, indent);
			column = strlen(indent) + strlen(MORE_INDENT);
			text += spaces;
			bytes -= spaces;
			width -= spaces;
		}
		fwrite(text, 1, bytes, file);
		column += width;
		text += bytes;
	}
	fputc('\n', file);
}

static void print_line(FILE *file, const char *indent, const char *bullet, const char *text)
{
	fprintf(file, "%s%s", indent, bullet);
	account_wrap(file, strlen(indent) + strlen(bullet), indent, text);
}

static void print_lines(FILE *file, const struct account_lines *lines, size_t limit,
			const char *indent, const char *bullet)
{
	for (size_t i = 0; i < lines->count && i < limit; i++)
		print_line(file, indent, bullet, lines->list[i].text);
}

void account_print(FILE *file, const struct account *account, const char *indent, bool all)
{
	size_t facts = all ? account->facts.count : TEXT_FACTS;
	size_t sites = all ? account->sites.count : TEXT_SITES;

	print_lines(file, &account->facts, facts, indent, "");
	if (account->facts.count > facts)
		fprintf(file, "%s... and %zu more pointer%s\n", indent,
			account->facts.count - facts, words_s(account->facts.count - facts));
	print_lines(file, &account->sites, sites, indent, "");
	if (account->stacks > sites)
		fprintf(file, "%s... and %zu more call stack%s\n", indent, account->stacks - sites,
			words_s(account->stacks - sites));
	print_lines(file, &account->evidence, account->evidence.count, indent, "- ");
}

void account_print_callers(FILE *file, const struct account *account, const char *indent)
{
	if (account->callers.text)
		print_line(file, indent, "", account->callers.text);
	if (account->freed.text)
		print_line(file, indent, "", account->freed.text);
}

void account_print_advice(FILE *file, const struct account *account, const char *indent)
{
	print_line(file, indent, "", account->advice);
	if (account->next)
		fprintf(file, "%snext: %s\n", indent, account->next);
}

char *account_body(const struct account *account)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return mem_string("");
	account_print(file, account, "", false);
	account_print_callers(file, account, "");
	account_print_advice(file, account, "");
	fclose(file);
	text[size - 1] = 0;
	return text;
}
