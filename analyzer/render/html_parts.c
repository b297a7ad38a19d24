/*
 * Writes the parts of the page of `silt html` that need no script: findings, holders, source lines.
 * See html_page.h.
 * Must not: let a name from a program become markup, apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "load/source.h"
#include "model/holders.h"
#include "model/lines.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "render/account.h"
#include "render/html_page.h"
#include "render/text.h"
#include "render/markup.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/words.h"

#define SHOWN_SITES 12
#define SHOWN_FACTS 24
#define SHOWN_HOLDERS 200
#define SHOWN_PATHS 50
#define SOURCE_CONTEXT 3

void html_place(FILE *file, const struct frame *frame)
{
	char *place = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&place, &size);

	if (!memory)
		return;
	text_place_on(memory, frame, KEY_LINE); /* prints no control characters */
	fclose(memory);
	fputs("<code>", file);
	markup_text(file, place);
	if (statistics_has_line(frame) && frame->function) {
		fputs("</code> <code>", file);
		markup_text(file, frame->function);
	}
	fputs("</code>", file);
	free(place);
}

static void write_site(FILE *file, const struct profile_site *site)
{
	if (site)
		html_place(file, site->frames[site->blamed]);
	else
		fputs("an unknown site", file);
}

/* -- findings -- */

static void write_piece(FILE *file, const char *text, size_t start, size_t end)
{
	char *piece = mem_substring(text + start, end - start);

	markup_text(file, piece);
	free(piece);
}

/* Writes a line with the names from the program set as code. */
static void write_account_line(FILE *file, const struct account_line *line)
{
	size_t at = 0;

	for (size_t i = 0; i < line->name_count; i++) {
		write_piece(file, line->text, at, line->names[i].start);
		fputs("<code>", file);
		write_piece(file, line->text, line->names[i].start, line->names[i].end);
		fputs("</code>", file);
		at = line->names[i].end;
	}
	markup_text(file, line->text + at);
}

/* Writes the first `limit` lines as a list. `list`: "ul" or "ol". `all`: the number of lines
 * there would be; `lines` may be only the first of them. */
static void write_list(FILE *file, const char *list, const char *style,
		       const struct account_lines *lines, size_t limit, size_t all)
{
	size_t shown = lines->count < limit ? lines->count : limit;

	if (!shown)
		return;
	fprintf(file, "<%s class=\"%s\">\n", list, style);
	for (size_t i = 0; i < shown; i++) {
		fputs("<li>", file);
		write_account_line(file, &lines->list[i]);
		fputs("</li>\n", file);
	}
	if (all > shown)
		fprintf(file, "<li class=\"soft\">and %zu more</li>\n", all - shown);
	fprintf(file, "</%s>\n", list);
}

static void write_stack(FILE *file, const struct account_lines *stack, const char *title)
{
	if (!stack->count)
		return;
	fprintf(file, "<details><summary>%s</summary>\n", title);
	write_list(file, "ol", "stack", stack, stack->count, stack->count);
	fputs("</details>\n", file);
}

static void write_finding(FILE *file, const struct html_page *page, const struct finding *finding,
			  size_t number)
{
	struct account *account = account_new(page->diagnosis, page->context, finding, NULL);

	fprintf(file,
		"<article id=\"finding-%zu\">\n<h3>%zu. %s <span class=\"soft\">confidence "
		"%.2f</span></h3>\n<p>",
		number, number, account->kind, account->confidence);
	write_account_line(file, &account->headline);
	fputs("</p>\n", file);
	write_list(file, "ul", "facts", &account->facts, SHOWN_FACTS, account->facts.count);
	write_list(file, "ul", "sites", &account->sites, SHOWN_SITES, account->stacks);
	write_list(file, "ul", "soft", &account->evidence, account->evidence.count,
		   account->evidence.count);
	write_stack(file, &account->stack, "Call stack");
	if (account->freed.text) {
		fputs("<p>", file);
		write_account_line(file, &account->freed);
		fputs("</p>\n", file);
	}
	write_stack(file, &account->freed_stack, "Freed by");
	fputs("<p class=\"advice\">", file);
	markup_text(file, account->advice);
	fputs("</p>\n", file);
	if (account->next) {
		fputs("<p class=\"soft\">next: <code>", file);
		markup_text(file, account->next);
		fputs("</code></p>\n", file);
	}
	fputs("</article>\n", file);
	account_free(account);
}

void html_findings(FILE *file, const struct html_page *page)
{
	fputs("<main>\n<h2 id=\"findings\">Findings</h2>\n", file);
	for (size_t i = 0; i < page->diagnosis->count; i++)
		write_finding(file, page, page->diagnosis->findings[i], i + 1);
	if (!page->diagnosis->count)
		fputs(page->diagnosis->verdict == DIAGNOSIS_CLEAN
			      ? "<p>Nothing grows without bound.</p>\n"
			      : "<p>There is too little to judge by; the notes say what is "
				"missing.</p>\n",
		      file);
	for (size_t i = 0; i < page->diagnosis->note_count; i++) {
		fputs("<p class=\"soft\">Note: ", file);
		markup_text(file, page->diagnosis->notes[i]);
		fputs("</p>\n", file);
	}
	if (page->diagnosis->next) {
		fputs("<p class=\"soft\">Next: <code>", file);
		markup_text(file, page->diagnosis->next);
		fputs("</code></p>\n", file);
	}
	fputs("</main>\n", file);
}

/* -- holders -- */

static void write_holder_name(FILE *file, const struct holder *holder)
{
	char *name = holders_name(holder);

	fputs("<code>", file);
	markup_text(file, name);
	fputs("</code>", file);
	free(name);
	if (holder->file) {
		fputs(" (<code>", file);
		markup_text(file, holder->file);
		fprintf(file, ":%u</code>)", holder->line);
	}
	if (holder->thread && holder->kind != SILT_ROOT_GLOBAL) {
		fputs(" of thread <code>", file);
		markup_text(file, holder->thread->name);
		fputs("</code>", file);
	}
}

static void write_holder(FILE *file, const struct holders *holders, const struct holder *holder)
{
	char size[SIZE_TEXT];

	fputs("<details><summary>", file);
	if (holder->many) {
		fputs("more than three roots together", file);
	} else if (holder->sharer_count) {
		for (size_t i = 0; i < holder->sharer_count; i++) {
			fputs(i ? " and " : "", file);
			write_holder_name(file, holder->sharers[i]);
		}
	} else {
		write_holder_name(file, holder);
	}
	fprintf(file, ": retains <strong>%s</strong> in %" PRIu64 " block%s</summary>\n<ul>\n",
		size_format(size, (double)holder->retained_bytes, false), holder->retained_blocks,
		words_s(holder->retained_blocks));
	for (size_t i = 0; i < holder->path_count && i < SHOWN_PATHS; i++) {
		struct holder_path *path = &holder->paths[i];

		fputs("<li><code>", file);
		markup_text(file, holders_path(holders, path));
		fprintf(file, "</code>: %s in %" PRIu64 " block%s, from ",
			size_format(size, (double)path->bytes, false), path->blocks,
			words_s(path->blocks));
		write_site(file, path->site);
		fputs("</li>\n", file);
	}
	if (holder->path_count > SHOWN_PATHS)
		fprintf(file, "<li class=\"soft\">and %zu more path%s</li>\n",
			holder->path_count - SHOWN_PATHS,
			words_s(holder->path_count - SHOWN_PATHS));
	fputs("</ul></details>\n", file);
}

void html_holders(FILE *file, const struct html_page *page)
{
	const struct holders *holders = diagnosis_holders(page->diagnosis);

	fputs("<section aria-labelledby=\"holders\">\n<h2 id=\"holders\">Holders</h2>\n", file);
	if (!holders)
		fputs("<p class=\"soft\">The run has no heap graph; <code>silt run --graph "
		      "all</code> records one.</p>\n",
		      file);
	for (size_t i = 0; holders && i < holders->count && i < SHOWN_HOLDERS; i++)
		if (holders->list[i]->retained_bytes || holders->list[i]->held_bytes)
			write_holder(file, holders, holders->list[i]);
	if (holders && holders->count > SHOWN_HOLDERS)
		fprintf(file, "<p class=\"soft\">And %zu more.</p>\n",
			holders->count - SHOWN_HOLDERS);
	fputs("</section>\n", file);
}

/* -- source -- */

/* Tabs are kept: markup_text() would escape them. */
static void write_code(FILE *file, const char *text)
{
	char *copy = mem_string(text), *rest = copy, *piece;

	for (bool first = true; (piece = strsep(&rest, "\t")); first = false) {
		if (!first)
			putc('\t', file);
		markup_text(file, piece);
	}
	free(copy);
}

static void write_line(FILE *file, const struct html_source *source, const struct lines_line *line,
		       unsigned number)
{
	char live[SIZE_TEXT] = "", growth[SIZE_TEXT] = "", through[SIZE_TEXT] = "";
	bool own = line && (line->new.total_blocks || line->old.total_blocks);

	if (own) {
		size_format(live, (double)line->new.size, false);
		size_format(growth, (double)line->new.size - (double)line->old.size, true);
	}
	if (line && line->new.through_size > line->new.size)
		size_format(through, (double)line->new.through_size, false);
	fprintf(file, "<tr%s><td>%s<td>%s<td>", own ? " class=\"hot\"" : "", live, growth);
	if (own)
		fprintf(file, "%" PRIu64, line->new.total_blocks);
	fprintf(file, "<td>%s<td class=\"soft\">%u<td>", through, number);
	if (number <= source->source->count)
		write_code(file, source->source->lines[number - 1]);
	fputs("\n", file);
}

static void write_lines(FILE *file, const struct html_source *source)
{
	const struct lines *lines = source->lines;
	unsigned next = 1;

	for (size_t i = 0; i < lines->count; i++) {
		unsigned at = lines->list[i].line,
			 context = source->source->count ? SOURCE_CONTEXT : 0;
		unsigned start = at > context ? at - context : 1, end = at + context;

		if (i + 1 < lines->count && lines->list[i + 1].line <= end)
			end = lines->list[i + 1].line - 1;
		if (context && end > source->source->count)
			end = at > source->source->count ? at : (unsigned)source->source->count;
		if (start < next)
			start = next;
		if (start > next && next > 1)
			fputs("<tr><td colspan=\"6\" class=\"soft\">...\n", file);
		for (unsigned number = start; number <= end; number++)
			write_line(file, source, number == at ? &lines->list[i] : NULL, number);
		next = end + 1;
	}
}

void html_sources(FILE *file, const struct html_page *page)
{
	fputs("<section aria-labelledby=\"sources\">\n<h2 id=\"sources\">Source lines</h2>\n",
	      file);
	if (!page->source_count)
		fputs("<p class=\"soft\">No debug information, or none of a file that grows.</p>\n",
		      file);
	for (size_t i = 0; i < page->source_count; i++) {
		const struct html_source *source = &page->sources[i];

		fprintf(file, "<details%s><summary><code>", i == 0 ? " open" : "");
		markup_text(file, source->file);
		fputs("</code>", file);
		if (source->source->status == SOURCE_CHANGED)
			fputs(" <span class=\"soft\">differs: it is newer than the program, or "
			      "shorter; lines may be shifted</span>",
			      file);
		else if (source->source->status == SOURCE_LARGE)
			fputs(" <span class=\"soft\">is too large to be read</span>", file);
		else if (source->source->status == SOURCE_MISSING)
			fputs(" <span class=\"soft\">is missing here</span>", file);
		fputs("</summary>\n<div class=\"scroll\"><table "
		      "class=\"source\"><tr><th>live<th>growth<th>allocations<th>through<th>line<"
		      "th>\n",
		      file);
		write_lines(file, source);
		fputs("</table></div></details>\n", file);
	}
	fputs("</section>\n", file);
}
