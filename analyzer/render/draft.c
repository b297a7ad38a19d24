/* Composes one line of an account: see draft.h. */
#include "render/draft.h"

#include <stdlib.h>

#include "model/profile.h"
#include "render/text.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/utf8.h"

void draft_open(struct draft *draft)
{
	*draft = (struct draft){0};
	draft->file = open_memstream(&draft->line.text, &draft->size);
	if (!draft->file)
		abort();
}

void draft_begin_name(struct draft *draft)
{
	fflush(draft->file);
	if (draft->line.name_count < ACCOUNT_NAMES)
		draft->line.names[draft->line.name_count].start = draft->size;
}

void draft_end_name(struct draft *draft)
{
	fflush(draft->file);
	if (draft->line.name_count < ACCOUNT_NAMES)
		draft->line.names[draft->line.name_count++].end = draft->size;
}

void draft_name(struct draft *draft, const char *text)
{
	draft_begin_name(draft);
	utf8_print(draft->file, text);
	draft_end_name(draft);
}

void draft_site(struct draft *draft, const struct profile_site *site)
{
	draft_begin_name(draft);
	if (site)
		text_site_on(draft->file, site);
	else
		fputc('?', draft->file);
	draft_end_name(draft);
}

void draft_frame(struct draft *draft, const struct frame *frame)
{
	draft_begin_name(draft);
	text_frame_on(draft->file, frame);
	draft_end_name(draft);
}

struct account_line draft_close(struct draft *draft)
{
	fclose(draft->file);
	return draft->line;
}

void account_add_line(struct account_lines *lines, struct account_line line)
{
	MEM_GROW(lines->list, lines->count, lines->capacity);
	lines->list[lines->count++] = line;
}
