/*
 * Prints a source file with what each of its lines allocated: see annotate_view.h.
 */
#include "render/annotate_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "render/json.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

static const struct lines_line *find_line(const struct lines *lines, size_t *next, unsigned line)
{
	while (*next < lines->count && lines->list[*next].line < line)
		(*next)++;
	return *next < lines->count && lines->list[*next].line == line ? &lines->list[*next] : NULL;
}

static void print_json(const struct annotate_page *page)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.annotate/1");
	json_string(&json, "file", page->file);
	json_string(&json, "source", page->source->path);
	json_string(&json, "source_status", source_status_name(page->source->status));
	if (page->grown)
		record_snapshot(&json, "old", page->first);
	record_snapshot(&json, page->grown ? "new" : "snapshot", page->last);
	json_array(&json, "lines");
	for (size_t i = 0; i < page->lines->count; i++) {
		const struct lines_line *line = &page->lines->list[i];

		json_object(&json, NULL);
		json_unsigned(&json, "line", line->line);
		json_string(&json, "function", line->function);
		json_string(&json, "text",
			    line->line <= page->source->count ? page->source->lines[line->line - 1]
							      : NULL);
		json_unsigned(&json, "size", line->new.size);
		json_unsigned(&json, "count", line->new.count);
		if (page->grown) {
			json_signed(&json, "size_diff", (int64_t)(line->new.size - line->old.size));
			json_signed(&json, "count_diff",
				    (int64_t)(line->new.count - line->old.count));
			json_signed(&json, "cumulative_size_diff",
				    (int64_t)(line->new.through_size - line->old.through_size));
		}
		json_unsigned(&json, "total_bytes", line->new.total_bytes);
		json_unsigned(&json, "total_blocks", line->new.total_blocks);
		json_unsigned(&json, "cumulative_size", line->new.through_size);
		json_unsigned(&json, "cumulative_count", line->new.through_count);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

#define TAB 8

/* Expands tabs here, since the columns before the source would shift tab stops. */
static void print_source(const char *text)
{
	char *copy = mem_string(text), *rest = copy, *piece;
	size_t column = 0;

	while ((piece = strsep(&rest, "\t"))) {
		utf8_print(stdout, piece);
		column += strlen(piece);
		if (rest) {
			printf("%*s", (int)(TAB - column % TAB), "");
			column += TAB - column % TAB;
		}
	}
	free(copy);
}

static void print_figures(const struct annotate_page *page, const struct lines_line *line)
{
	char live[SIZE_TEXT] = "", growth[SIZE_TEXT] = "", through[SIZE_TEXT] = "", count[24] = "",
	     all[24] = "";

	if (line && (line->new.total_blocks || line->old.total_blocks)) {
		size_format(live, (double)line->new.size, false);
		size_format(growth, (double)line->new.size - (double)line->old.size, true);
		snprintf(count, sizeof count, "%" PRIu64, line->new.count);
		snprintf(all, sizeof all, "%" PRIu64, line->new.total_blocks);
	}
	if (line && line->new.through_size > line->new.size)
		size_format(through, (double)line->new.through_size, false);
	printf("%9s ", live);
	if (page->grown)
		printf("%11s ", growth);
	printf("%9s %11s %9s  ", count, all, through);
}

static void print_line(const struct annotate_page *page, const struct lines_line *line,
		       unsigned number)
{
	bool bold = page->options->colour && line && line->new.size > 0;

	if (bold)
		fputs("\033[1m", stdout);
	print_figures(page, line);
	printf("%5u  ", number);
	if (number <= page->source->count)
		print_source(page->source->lines[number - 1]);
	if (bold)
		fputs("\033[0m", stdout);
	putchar('\n');
}

static void print_source_state(const struct annotate_page *page)
{
	fputs("  source: ", stdout);
	utf8_print(stdout, page->source->path ? page->source->path : page->file);
	if (page->source->status == SOURCE_CHANGED)
		puts(": differs: it is newer than the program, or shorter; lines may be shifted");
	else if (page->source->status == SOURCE_LARGE)
		printf(": too large to be read: more than %lu MiB or %lu lines\n",
		       SOURCE_LARGEST >> 20, SOURCE_MOST_LINES);
	else if (page->source->status == SOURCE_MISSING)
		puts(": missing here; --source FILE names it");
	else
		putchar('\n');
}

/* True if a line with figures is at most `context` lines away from `number`. `next`: index of
 * the first line with figures at or after `number`. */
static bool is_near(const struct lines *lines, size_t next, unsigned number, uint64_t context)
{
	if (context == UINT64_MAX)
		return true;
	return (next < lines->count && lines->list[next].line - number <= context) ||
	       (next > 0 && number - lines->list[next - 1].line <= context);
}

static void print_text(const struct annotate_page *page)
{
	const struct lines *lines = page->lines;
	unsigned last = lines->count ? lines->list[lines->count - 1].line : 0;
	uint64_t context = page->source->count ? page->context : 0;
	bool gap = false;
	size_t next = 0;

	if (page->source->count > last)
		last = (unsigned)page->source->count;
	text_snapshot("", page->last);
	print_source_state(page);
	printf("%9s ", "live");
	if (page->grown)
		printf("%11s ", "growth");
	printf("%9s %11s %9s  %5s\n", "blocks", "allocations", "through", "line");
	for (unsigned number = 1; number <= last; number++) {
		const struct lines_line *line = find_line(lines, &next, number);

		if (!line && number > page->source->count && next < lines->count) {
			/* debug information may name a line far beyond the end of the file: skip
			 * the gap */
			number = lines->list[next].line;
			line = find_line(lines, &next, number);
			gap = true;
		}
		if (is_near(lines, next, number, context)) {
			if (gap)
				puts("      ...");
			gap = false;
			print_line(page, line, number);
		} else {
			gap = number > 1;
		}
	}
}

void annotate_view_print(const struct annotate_page *page)
{
	if (page->options->json)
		print_json(page);
	else
		print_text(page);
}

const char *annotate_view_choose_file(const struct profile *profile, const char *name)
{
	const char **files = lines_files(profile, name), *file = files[0];

	if (!file) {
		utf8_complain("silt annotate: %s: no call stack of the snapshot goes through it; "
			      "`silt top --by file` lists the files that allocate",
			      name);
	} else if (files[1]) {
		fprintf(stderr, "silt annotate: %s may mean several files; name one of:", name);
		for (size_t i = 0; files[i]; i++) {
			fputc(' ', stderr);
			utf8_print(stderr, files[i]);
		}
		fputc('\n', stderr);
		file = NULL;
	}
	free(files);
	return file;
}
