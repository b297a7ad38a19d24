/*
 * silt annotate: a source file with what each of its lines allocated, as perf annotate and line_profiler show time.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "load/source.h"
#include "model/lines.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/size.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt annotate [options] FILE [SNAP|RUN]\n"
	"\n"
	"Shows a source file with the bytes and blocks that each line allocated and that are live, how they\n"
	"grew (of a run: from its first snapshot to its last), how many blocks it allocated in all, and "
	"what\n"
	"is live through its calls. Without SNAP or RUN: the newest run under silt-out.\n"
	"\n";

static const char more_help[] =
	"      --context N      only lines that allocate, with N lines around them\n"
	"      --source FILE    the source is here (default: where the debug information says, else below\n"
	"                       the working directory)\n";

enum { OPT_CONTEXT = OPTIONS_FORMAT + 1, OPT_SOURCE };

struct request {
	struct options options;
	uint64_t context; /* UINT64_MAX: all lines */
	const char *source;
	const char *file, *input; /* operands */
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	switch (option) {
	case OPT_CONTEXT:
		if (parse_number(value, &request->context))
			return -1;
		utf8_complain("silt annotate: --context %s: expected a number", value);
		return 2;
	case OPT_SOURCE:
		request->source = value;
		return -1;
	default:
		return -1;
	}
}

/* -- operands -- */

/* A snapshot or a directory; the two operands may come in either order. */
static bool is_input(const char *path)
{
	char magic[sizeof SILT_MAGIC - 1];
	int descriptor;
	bool is;

	if (run_dir_is_directory(path))
		return true;
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	is = descriptor >= 0 && read(descriptor, magic, sizeof magic) == (ssize_t)sizeof magic &&
	     memcmp(magic, SILT_MAGIC, sizeof magic) == 0;
	if (descriptor >= 0)
		close(descriptor);
	return is;
}

/* -- output -- */

struct page {
	const struct request *request;
	const char *file; /* as in the debug information */
	const struct snapshot *first, *last;
	const struct lines *lines;
	const struct source *source;
	bool grown; /* there are two sides */
};

static const struct lines_line *find_line(const struct lines *lines, size_t *next, unsigned line)
{
	while (*next < lines->count && lines->list[*next].line < line)
		(*next)++;
	return *next < lines->count && lines->list[*next].line == line ? &lines->list[*next] : NULL;
}

static void print_json(const struct page *page)
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
			    line->line <= page->source->count ? page->source->lines[line->line - 1] : NULL);
		json_unsigned(&json, "size", line->new.size);
		json_unsigned(&json, "count", line->new.count);
		if (page->grown) {
			json_signed(&json, "size_diff", (int64_t)(line->new.size - line->old.size));
			json_signed(&json, "count_diff", (int64_t)(line->new.count - line->old.count));
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

/* Tabs as spaces, so that the columns before do not shift them. */
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

static void print_figures(const struct page *page, const struct lines_line *line)
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

static void print_line(const struct page *page, const struct lines_line *line, unsigned number)
{
	bool bold = page->request->options.colour && line && line->new.size > 0;

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

static void print_source_state(const struct page *page)
{
	fputs("  source: ", stdout);
	utf8_print(stdout, page->source->path ? page->source->path : page->file);
	if (page->source->status == SOURCE_CHANGED)
		puts(": differs: it is newer than the program, or shorter; lines may be shifted");
	else if (page->source->status == SOURCE_LARGE)
		printf(": too large to be read: more than %lu MiB or %lu lines\n", SOURCE_LARGEST >> 20,
		       SOURCE_MOST_LINES);
	else if (page->source->status == SOURCE_MISSING)
		puts(": missing here; --source FILE names it");
	else
		putchar('\n');
}

/* Is a line with figures at most `context` lines away? `next` is the first at or behind `number`. */
static bool is_near(const struct lines *lines, size_t next, unsigned number, uint64_t context)
{
	if (context == UINT64_MAX)
		return true;
	return (next < lines->count && lines->list[next].line - number <= context) ||
	       (next > 0 && number - lines->list[next - 1].line <= context);
}

static void print_text(const struct page *page)
{
	const struct lines *lines = page->lines;
	unsigned last = lines->count ? lines->list[lines->count - 1].line : 0;
	uint64_t context = page->source->count ? page->request->context : 0;
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
			number = lines->list[next]
					 .line; /* a line beyond the file's end may be far beyond it */
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

/* -- all -- */

/* What FILE means in the debug information; NULL after printing what is wrong. */
static const char *choose_file(const struct profile *profile, const char *name)
{
	const char **files = lines_files(profile, name), *file = files[0];

	if (!file) {
		utf8_complain(
			"silt annotate: %s: no call stack of the snapshot goes through it; `silt top --by "
			"file` "
			"lists the files that allocate",
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

static int show(const struct request *request, struct snapshot *first, struct snapshot *last)
{
	struct page page = {.request = request, .first = first, .last = last};
	struct profile_context *context = profile_context_new();
	struct profile *new = profile_new(context, last, &request->options.blame), *old = NULL;
	struct source *source;
	struct lines *lines;

	page.file = choose_file(new, request->file);
	if (page.file) {
		page.grown = first && first->process.sequence != last->process.sequence;
		if (page.grown)
			old = profile_new(context, first, &request->options.blame);
		lines = lines_new(page.file, old, new, &request->options.filters);
		source = source_open(page.file, request->source ? request->source : request->file,
				     source_built(lines->module_path, last->process.start_unix_ns),
				     lines->count ? lines->list[lines->count - 1].line : 0);
		page.lines = lines;
		page.source = source;
		if (request->options.json)
			print_json(&page);
		else
			print_text(&page);
		source_free(source);
		lines_free(lines);
	}
	notes_print(context);
	profile_free(old);
	profile_free(new);
	profile_context_free(context);
	return page.file ? 0 : 2;
}

static int annotate(struct request *request, char **operands)
{
	struct snapshot *first = NULL, *last;
	char *found = NULL;
	int status = 2;

	request->file = operands[0];
	request->input = operands[1];
	if (operands[1] && is_input(operands[0]) && !is_input(operands[1])) {
		request->file = operands[1];
		request->input = operands[0];
	}
	if (!request->input)
		request->input = found = input_newest_run("silt annotate");
	if (!request->input)
		return 2;
	last = input_load("silt annotate", request->input, request->options.moment);
	if (last && run_dir_is_directory(request->input))
		first = input_load("silt annotate", request->input, RUN_FIRST);
	if (last)
		status = show(request, first, last);
	snapshot_free(first);
	snapshot_free(last);
	free(found);
	return status;
}

int annotate_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"context", required_argument, NULL, OPT_CONTEXT},
						     {"source", required_argument, NULL, OPT_SOURCE},
						     {NULL, 0, NULL, 0}};
	struct request request = {.context = UINT64_MAX};
	struct options_more more = {more_options, more_help, take, &request};
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0 && !usage_operands("silt annotate", usage, argv + optind, 1, 2,
					  "a source file, and a run or snapshot")) {
		status = 2;
	} else if (status < 0) {
		status = annotate(&request, argv + optind);
	}
	options_free(&request.options);
	return status;
}
