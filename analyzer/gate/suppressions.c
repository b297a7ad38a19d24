/* Reads suppressions in LeakSanitizer's or Valgrind's syntax: see suppressions.h. */
#include "gate/suppressions.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/frame.h"
#include "util/mem.h"

/* -- reading -- */

static char *trim(char *line)
{
	char *end;

	while (isspace((unsigned char)*line))
		line++;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
	return line;
}

static struct suppression *add(struct suppressions *suppressions, const char *path, unsigned line,
			       bool valgrind)
{
	MEM_GROW(suppressions->list, suppressions->count, suppressions->capacity);
	suppressions->list[suppressions->count] =
		(struct suppression){.file = mem_string(path), .line = line, .valgrind = valgrind};
	return &suppressions->list[suppressions->count++];
}

static void add_frame(struct suppression *suppression, const char *text)
{
	MEM_GROW(suppression->frames, suppression->frame_count, suppression->frame_capacity);
	suppression->frames[suppression->frame_count++] = mem_string(text);
}

static void drop(struct suppressions *suppressions)
{
	struct suppression *last = &suppressions->list[--suppressions->count];

	for (size_t i = 0; i < last->frame_count; i++)
		free(last->frames[i]);
	free(last->frames);
	free(last->name);
	free(last->file);
}

/* Reads a line within a block; returns false if Valgrind has no such line. */
static bool take_block_line(struct suppression *block, const char *line, unsigned number_in_block,
			    bool *leak)
{
	if (number_in_block == 1) {
		block->name = mem_string(line);
		return true;
	}
	if (number_in_block == 2) {
		const char *colon = strchr(line, ':');

		*leak = colon && strcmp(colon + 1, "Leak") == 0;
		return colon != NULL;
	}
	if (strncmp(line, "match-leak-kinds:", 17) == 0)
		return true; /* what silt reports is what Valgrind calls definite */
	if (strcmp(line, "...") != 0 && strncmp(line, "fun:", 4) != 0 &&
	    strncmp(line, "obj:", 4) != 0 && strncmp(line, "src:", 4) != 0)
		return !*leak; /* blocks for other errors have other lines */
	add_frame(block, line);
	return true;
}

static bool read_lines(struct suppressions *suppressions, FILE *file, const char *path, char *error,
		       size_t size)
{
	char *text = NULL;
	size_t capacity = 0;
	unsigned number = 0, in_block = 0;
	bool leak = false, good = true;

	while (good && getline(&text, &capacity, file) >= 0) {
		char *line = trim(text);

		number++;
		if (!*line || *line == '#')
			continue;
		if (in_block && strcmp(line, "}") == 0) {
			if (!leak || !suppressions->list[suppressions->count - 1].frame_count)
				drop(suppressions);
			in_block = 0;
		} else if (in_block) {
			good = take_block_line(&suppressions->list[suppressions->count - 1], line,
					       in_block++, &leak);
		} else if (strcmp(line, "{") == 0) {
			add(suppressions, path, number, true);
			in_block = 1;
			leak = false;
		} else if (strncmp(line, "leak:", 5) == 0 && line[5]) {
			struct suppression *suppression = add(suppressions, path, number, false);

			suppression->name = mem_string(line);
			add_frame(suppression, line + 5);
		} else {
			/* a suppression for another sanitizer */
			good = strchr(line, ':') && line[0] != ':' &&
			       strncmp(line, "leak:", 5) != 0;
		}
		if (!good)
			snprintf(error, size,
				 "%s:%u: \"%.60s\" is neither leak:PATTERN (LeakSanitizer) nor "
				 "part of a block in braces (Valgrind)",
				 path, number, line);
	}
	free(text);
	if (good && in_block) {
		snprintf(error, size, "%s:%u: the block that begins here lacks its \"}\"", path,
			 suppressions->list[suppressions->count - 1].line);
		good = false;
	}
	return good;
}

bool suppressions_read(struct suppressions *suppressions, const char *path, char *error,
		       size_t error_size)
{
	FILE *file = fopen(path, "re");
	bool good;

	if (!file) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	good = read_lines(suppressions, file, path, error, error_size);
	fclose(file);
	return good;
}

void suppressions_free(struct suppressions *suppressions)
{
	while (suppressions->count)
		drop(suppressions);
	free(suppressions->list);
	*suppressions = (struct suppressions){0};
}

/* -- matching -- */

/* Returns true if the pattern matches the whole text. `*` matches any text, and with `question`
 * `?` one character. Brackets have no meaning (operator[]). */
static bool glob(const char *pattern, size_t length, const char *text, bool question)
{
	const char *end = pattern + length, *star = NULL, *again = NULL;

	while (*text) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (pattern < end && (*pattern == *text || (question && *pattern == '?'))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

static bool found_in(const char *pattern, const char *text)
{
	size_t length = strlen(pattern);
	bool from_start = pattern[0] == '^',
	     to_end = length > from_start && pattern[length - 1] == '$';
	char *whole;
	bool found;

	if (!text)
		return false;
	whole = mem_format("%s%.*s%s", from_start ? "" : "*", (int)(length - from_start - to_end),
			   pattern + from_start, to_end ? "" : "*");
	found = glob(whole, strlen(whole), text, false);
	free(whole);
	return found;
}

static bool lsan_matches(const char *pattern, const struct profile_site *site)
{
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (found_in(pattern, site->frames[i]->function) ||
		    found_in(pattern, site->frames[i]->full_name) ||
		    found_in(pattern, site->frames[i]->file) ||
		    found_in(pattern, site->frames[i]->module_path))
			return true;
	return false;
}

static bool frame_matches(const char *line, const struct frame *frame)
{
	const char *text = strncmp(line, "fun:", 4) == 0   ? frame->function
			   : strncmp(line, "obj:", 4) == 0 ? frame->module_path
							   : frame->file;

	return text ? glob(line + 4, strlen(line + 4), text, true) : strcmp(line + 4, "*") == 0;
}

/* Returns true if the lines from `line` on match the call stack from its innermost frame
 * outwards. The call stack may have more frames. */
static bool frames_match(const struct suppression *block, size_t line,
			 const struct profile_site *site)
{
	size_t gap = SIZE_MAX; /* index after the last "..." */
	uint32_t frame = 0, again = 0;

	while (line < block->frame_count) {
		if (strcmp(block->frames[line], "...") == 0) {
			gap = ++line;
			again = frame;
		} else if (frame < site->frame_count &&
			   frame_matches(block->frames[line], site->frames[frame])) {
			line++;
			frame++;
		} else if (gap != SIZE_MAX && again < site->frame_count) {
			line = gap;
			frame = ++again;
		} else {
			return false;
		}
	}
	return true;
}

/* Returns true if the line names an allocator. Under Valgrind the allocator is the innermost
 * frame; silt's call stacks begin with its caller. */
static bool names_allocator(const char *line)
{
	static const char *const names[] = {"malloc",
					    "calloc",
					    "realloc",
					    "memalign",
					    "posix_memalign",
					    "aligned_alloc",
					    "_Znwm",
					    "_Znam",
					    "operator new(unsigned long)",
					    "operator new[](unsigned long)"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(line, "fun:", 4) == 0 &&
		    glob(line + 4, strlen(line + 4), names[i], true))
			return true;
	return false;
}

static bool valgrind_matches(const struct suppression *block, const struct profile_site *site)
{
	return frames_match(block, 0, site) ||
	       (names_allocator(block->frames[0]) && frames_match(block, 1, site));
}

struct suppression *suppressions_find(struct suppressions *suppressions,
				      const struct profile_site *site)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *suppression = &suppressions->list[i];

		if (!(suppression->valgrind ? valgrind_matches(suppression, site)
					    : lsan_matches(suppression->frames[0], site)))
			continue;
		suppression->used++;
		return suppression;
	}
	return NULL;
}

/* -- writing -- */

/* Writes a name as a pattern that matches it. Characters that would drive a terminal or end the
 * line become `*`. */
static void write_name(FILE *file, const char *before, const char *name, const char *after)
{
	fputs(before, file);
	for (; *name; name++)
		putc((unsigned char)*name < ' ' || (unsigned char)*name >= 0x7f ? '*' : *name,
		     file);
	fputs(after, file);
}

static void write_frame(FILE *file, const struct frame *frame)
{
	if (frame->function)
		write_name(file, "   fun:", frame->function, "\n");
	else if (frame->module_path)
		write_name(file, "   obj:", frame->module_path, "\n");
	else
		fputs("   obj:*\n", file);
}

void suppressions_write(FILE *file, const struct profile_site *site, bool valgrind,
			const char *name)
{
	const struct frame *blamed = site->frames[site->blamed];

	if (!valgrind) {
		const char *text = blamed->function ? blamed->function : blamed->module;

		write_name(file, blamed->function ? "leak:^" : "leak:", text ? text : "*",
			   blamed->function ? "$\n" : "\n");
		return;
	}
	fprintf(file, "{\n   %s\n   Memcheck:Leak\n   ...\n", name);
	for (uint32_t i = site->blamed; i < site->frame_count && i < site->blamed + 4; i++)
		write_frame(file, site->frames[i]);
	fputs("   ...\n}\n", file);
}
